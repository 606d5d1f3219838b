package workflow_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

// boot is a VM creation in small, as OpenStack's services tell it: calls over HTTP and
// over a queue, all of them internal spans.
const boot = `
api POST/servers                 0ms  50ms kind=internal
  api  GET/keystone              2ms   8ms kind=internal
    keystone validate            3ms   5ms kind=internal
  api  cast                     20ms   2ms kind=internal
    compute build               30ms 900ms kind=internal
      compute GET/glance        40ms 100ms kind=internal
        glance image            45ms  90ms kind=internal
      compute POST/neutron     150ms 200ms kind=internal
        neutron port           155ms 190ms kind=internal
          neutron notify       160ms 100ms kind=internal
            agent  plug        165ms  90ms kind=internal
      compute spawn            400ms 400ms kind=internal
      compute ready            850ms  10ms kind=internal
`

func TestConformance(t *testing.T) {
	for _, c := range []struct {
		name string
		now  []string
		want string // deviations, gravest first
	}{
		{name: "what is as usual deviates in nothing", now: []string{boot}, want: "\n"},
		{
			name: "a slow stage is slow where its own time is spent",
			now: []string{`
api POST/servers                 0ms  50ms kind=internal
  api  GET/keystone              2ms   8ms kind=internal
    keystone validate            3ms   5ms kind=internal
  api  cast                     20ms   2ms kind=internal
    compute build               30ms 3900ms kind=internal
      compute GET/glance        40ms 3100ms kind=internal
        glance image            45ms 3090ms kind=internal
      compute POST/neutron    3150ms 200ms kind=internal
        neutron port          3155ms 190ms kind=internal
          neutron notify      3160ms 100ms kind=internal
            agent  plug       3165ms  90ms kind=internal
      compute spawn           3400ms 400ms kind=internal
      compute ready           3850ms  10ms kind=internal
`},
			want: "\nslow: glance image takes 3.10 s a run by itself; usually 100 ms\n",
		},
		{
			name: "a stage that was asked and did not answer is named before what it stopped",
			now: []string{`
api POST/servers                 0ms  50ms kind=internal
  api  GET/keystone              2ms   8ms kind=internal
    keystone validate            3ms   5ms kind=internal
  api  cast                     20ms   2ms kind=internal
    compute build               30ms 60900ms kind=internal error
      compute GET/glance        40ms 100ms kind=internal
        glance image            45ms  90ms kind=internal
      compute POST/neutron     150ms 60200ms kind=internal error
        neutron port           155ms 60190ms kind=internal error
          neutron notify       160ms 60100ms kind=internal error
`},
			want: `
no_answer: agent plug did not answer in this run: it was asked, and nothing came back for 60.1 s
  slow: compute build takes 600 ms a run by itself; usually 190 ms
  extra: neutron notify (in port) is new: it is there in this run, and was in none of 20 usual ones
  missing: compute spawn (in build) is missing in this run; usually it is there in all
  missing: compute ready (in build) is missing in this run; usually it is there in all
`,
		},
		{
			name: "a stage that never came to its end: what is left of the run says how far it came",
			now: []string{`
api POST/servers                 0ms  50ms kind=internal
  api  GET/keystone              2ms   8ms kind=internal
    keystone validate            3ms   5ms kind=internal
  api  cast                     20ms   2ms kind=internal
compute GET/glance              40ms 100ms kind=internal parent=ff
  glance image                  45ms  90ms kind=internal
compute POST/neutron           150ms 200ms kind=internal parent=ff
  neutron port                 155ms 190ms kind=internal
    neutron notify             160ms 100ms kind=internal
      agent  plug              165ms  90ms kind=internal
`},
			want: `
no_answer: compute spawn (in build) did not come back in this run: it is the next stage of compute build, which never came to its end
  no_answer: compute build never came to its end in this run: stages below it are there, its own span is not
  extra: api cast (in POST/servers) is new: it is there in this run, and was in none of 20 usual ones
  missing: compute ready (in build) is missing in this run; usually it is there in all
`,
		},
		{
			name: "calls that are made over and over, and a stage that is new",
			now: []string{`
api POST/servers                 0ms 270ms kind=internal
  api  GET/keystone              2ms  80ms kind=internal
    keystone validate            3ms   8ms kind=internal
  api  GET/keystone             82ms  80ms kind=internal
    keystone validate           83ms   8ms kind=internal
  api  GET/keystone            162ms  80ms kind=internal
    keystone validate          163ms   8ms kind=internal
  api  audit                   250ms   5ms kind=internal
  api  cast                    255ms   2ms kind=internal
    compute build              330ms 900ms kind=internal
      compute GET/glance       340ms 100ms kind=internal
        glance image           345ms  90ms kind=internal
      compute POST/neutron     450ms 200ms kind=internal
        neutron port           455ms 190ms kind=internal
          neutron notify       460ms 100ms kind=internal
            agent  plug        465ms  90ms kind=internal
      compute spawn            700ms 400ms kind=internal
      compute ready           1150ms  10ms kind=internal
`},
			want: `
repeated: keystone validate comes 3 times a run; usually once
slow: keystone validate takes 240 ms a run by itself; usually 8.00 ms
extra: api audit (in POST/servers) is new: it is there in this run, and was in none of 20 usual ones
`,
		},
		{
			name: "another order, inside one service where its clock tells",
			now: []string{`
api POST/servers                 0ms  50ms kind=internal
  api  GET/keystone              2ms   8ms kind=internal
    keystone validate            3ms   5ms kind=internal
  api  cast                     20ms   2ms kind=internal
    compute build               30ms 900ms kind=internal
      compute GET/glance        40ms 100ms kind=internal
        glance image            45ms  90ms kind=internal
      compute spawn            140ms 400ms kind=internal
      compute POST/neutron     550ms 200ms kind=internal
        neutron port           555ms 190ms kind=internal
          neutron notify       560ms 100ms kind=internal
            agent  plug        565ms  90ms kind=internal
      compute ready            850ms  10ms kind=internal
`},
			want: `
order: compute spawn (in build) comes before neutron port in this run; usually after it
`,
		},
		{
			name: "who fails by itself is named, not who fails for it",
			now: []string{`
api POST/servers                 0ms  50ms kind=internal
  api  GET/keystone              2ms   8ms kind=internal
    keystone validate            3ms   5ms kind=internal
  api  cast                     20ms   2ms kind=internal
    compute build               30ms 400ms kind=internal error
      compute GET/glance        40ms 100ms kind=internal
        glance image            45ms  90ms kind=internal
      compute POST/neutron     150ms 200ms kind=internal error
        neutron port           155ms 190ms kind=internal error
`},
			want: `
failed: neutron port fails in this run; usually in none
  slow: neutron port takes 200 ms a run by itself; usually 100 ms
  missing: agent plug is missing in this run; usually it is there in all
  missing: compute spawn (in build) is missing in this run; usually it is there in all
  missing: compute ready (in build) is missing in this run; usually it is there in all
`,
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDrawn(t)
			usual := d.model("api POST/servers", times(20, boot)...)
			now := d.model("api POST/servers")
			now.Follow(usual)
			for _, text := range c.now {
				now.Add(d.assemble(text))
			}
			w := now.View(usual)
			if diff := cmp.Diff(c.want, said(&w)); diff != "" {
				t.Errorf("(-want +got)\n%s\n%s", diff, outline(&w))
			}
		})
	}
}
