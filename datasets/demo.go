package datasets

import "embed"

//go:embed packs/hotrod-mysql-delay
var demo embed.FS

// DemoPack is the recording that `culprit demo` plays: HotROD, whose database becomes slow.
func DemoPack() Pack { return Pack{FS: demo, Dir: "packs/hotrod-mysql-delay"} }
