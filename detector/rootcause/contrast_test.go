package rootcause_test

import (
	"testing"

	"culprit/detector/rootcause"
)

func TestContrast(t *testing.T) {
	slow := func(tenant string) func(int) map[string]string {
		return func(i int) map[string]string {
			if i%4 != 1 {
				return nil
			}
			return map[string]string{"tenant": tenant, "pay": "240ms", "paygap": "242ms", "web": "360ms"}
		}
	}
	of := func(tenant string) rootcause.Contrast {
		scene := play(shop(nil), shop(slow(tenant)))
		first := rootcause.Deepen(scene, rootcause.Rank(scene))[0]
		if first.Level.Attribute == nil || first.Level.Attribute.Value != tenant {
			t.Fatalf("the first cause names %v, want tenant %s", first.Level.Attribute, tenant)
		}
		return first.Level.Split.Contrast
	}
	// ten slow traces of forty, all of one tenant, and one of the others at most: in 11 of
	// 848 million ways, whose log is -18.2
	if c := of("bolt"); c.Part != 0.25 || c.LogP > -18 || c.Tried < 4 {
		t.Errorf("every slow trace is bolt's: %+v", c)
	}
	if c := of("zenith"); c.Part != 0 || c.LogP != 0 {
		t.Errorf("a tenant that was never seen has no usual: %+v", c)
	}
}
