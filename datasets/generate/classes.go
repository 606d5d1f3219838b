package generate

import (
	"maps"
	"slices"
)

// classes are the kinds of faults, by name. Each finds a place in the world of the
// planner, or returns nil if there is none.
var classes = map[string]func(*planner) *fault{
	"slow-operation":     slowOperation,
	"slow-instance":      slowInstance,
	"slow-host":          slowHost,
	"bad-version":        slowVersion,
	"bad-version-errors": erringVersion,
	"tenant":             slowTenant,
	"tenant-query":       slowTenantQuery,
	"flag":               slowFlag,
	"cpu":                cpuContention,
	"network-delay":      networkDelay,
	"network-loss":       networkLoss,
	"db-slow":            databaseSlow,
	"db-down":            databaseDown,
	"db-hangs":           databaseHangs,
	"db-errors":          databaseErrors,
	"errors":             operationErrors,
	"instance-errors":    instanceErrors,
	"exception":          earlyReturn,
	"cache-cold":         cacheCold,
	"n-plus-one":         nPlusOne,
	"lost-call":          lostCall,
	"stopped":            serviceStopped,
	"stopped-silent":     serviceSilent,
	"pool":               workersExhausted,
	"connection-pool":    connectionsExhausted,
	"retry-storm":        retryStorm,
	"consumer-stuck":     consumerStuck,
	"load":               loadSurge,

	"instance-loss":   instanceLoss,
	"connection-loss": connectionLoss,
	"refusals":        refusals,
	"nameless":        nameless,
	"pauses":          pauses,
	"table-lock":      tableLock,
	"cache-down":      cacheDown,
	"impatience":      impatience,
}

// later are the classes that came when suites had been scored: they are in none, so that
// the seeds of suites keep their systems.
var later = []string{"instance-loss", "connection-loss", "refusals", "nameless", "pauses", "table-lock", "cache-down", "impatience"}

// Classes returns the names of the classes of faults, sorted.
func Classes() []string { return slices.Sorted(maps.Keys(classes)) }
