package osprofiler

import (
	"testing"

	"go.opentelemetry.io/collector/pdata/ptrace"
)

// A function that came through the OTLP driver, which cuts the name of its trace point, has
// the name that it has in a store.
func TestFullName(t *testing.T) {
	for _, c := range []struct{ point, cut, function, want string }{
		{"store", "store", "glance_store.filesystem.FileStore.get", "STORE_FileStore.get"},
		{"driver", "drive", "nova.virt.libvirt.driver.LibvirtDriver.spawn", "DRIVER_LibvirtDriver.spawn"},
		{"vif_driver", "vif_drive", "nova.virt.libvirt.vif.LibvirtGenericVIFDriver.plug", "VIF_DRIVER_LibvirtGenericVIFDriver.plug"},
		{"rpc", "rpc", "nova.compute.utils.notify", "RPC_notify"},
	} {
		span := ptrace.NewSpan()
		span.SetName(c.cut)
		span.Attributes().PutStr("name", c.function)
		if got := FullName(span); got != c.want {
			t.Errorf("%s of %s is named %s, want %s", c.function, c.cut, got, c.want)
		}
		stored := Notification{Name: c.point, info: info{kind: callsFunction, text: c.function}}
		if got := stored.spanName(); got != c.want {
			t.Errorf("%s of %s is named %s in a store, want %s", c.function, c.point, got, c.want)
		}
	}
	span := ptrace.NewSpan()
	span.SetName("SQL_SELECT")
	if got := FullName(span); got != "SQL_SELECT" {
		t.Errorf("a query is named %s", got)
	}
}
