package rootcause_test

import (
	"strings"
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

// Where the entry span is lost nobody knows the tenant: such a call is none of the others'.
func TestContrastOfTornTraces(t *testing.T) {
	half := func(draw func(int) string) func(int) string {
		return func(i int) string {
			text := draw(i)
			if i%8 != 1 { // every other trace of bolt
				return text
			}
			_, below, _ := strings.Cut(text, "    pay charge")
			return "\npay charge" + strings.Replace(strings.ReplaceAll(below, "\n      ", "\n  "), "instance=pay-0", "instance=pay-0 parent=77", 1)
		}
	}
	slow := func(i int) map[string]string {
		if i%4 != 1 {
			return nil
		}
		return map[string]string{"pay": "240ms", "paygap": "242ms", "web": "360ms"}
	}
	scene := play(half(shop(nil)), half(shop(slow)))
	first := rootcause.Deepen(scene, rootcause.Rank(scene))[0]
	// five slow traces of 35, all of one tenant, in one of 324,632 ways, whose log is -12.7; with
	// the five of which nobody knows among the others it would be -7.9
	if s := first.Level.Split; s == nil || s.Contrast.LogP > -12.5 {
		t.Errorf("%+v: every slow trace whose tenant is known is bolt's", s)
	}
}
