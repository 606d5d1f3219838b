package generate

// world is a system of services: what the simulation runs and faults change.
type world struct {
	name      string
	tenants   []string
	tenantPop []float64 // how often each tenant asks
	hosts     []*host
	services  []*service // in layers: callers before those that they call
	databases []*database
	topics    []*topic
	entries   []entry

	net      dist // one way between two instances
	dialect  Dialect
	kindless bool // spans have no kinds (SkyWalking, Nezha)
	linked   bool // consumers start traces of their own, linked to the producer
}

type host struct {
	name   string
	region string
	slow   float64 // factor on all own times
	skew   int64   // ns that its clock is ahead
}

// naming is how a service names its spans.
type naming uint8

const (
	routes  naming = iota // GET /cart/{cartId}
	rpcs                  // cart.CartService/GetItems
	bare                  // GET
	verbose               // HTTP GET
	ids                   // GET /cart/81723/items
	funcs                 // CartController.getItems
)

type service struct {
	name      string
	layer     int
	naming    naming
	language  string
	ops       []*operation
	instances []*instance
	podless   bool // instances are named by service.instance.id

	clientSpans  bool // its outgoing calls have spans
	internal     bool // all its spans are INTERNAL
	acceptsFirst bool // server spans start before there is a worker, not after
	dialsFirst   bool // client spans start after there is a connection, not before
	cancels      bool // stops working when its caller has gone
	silent       bool // its errors leave no status on spans

	slow     float64            // factor on own time of all operations
	delay    float64            // ns more on each message to or from it
	loss     float64            // probability that a message has to be sent again
	unheard  float64            // probability that a connection to it has to be asked for again
	refuses  float64            // share of connections that it refuses
	lost     float64            // share of calls for which it does not find whom it asks
	stopped  bool               // answers nobody
	mute     bool               // while stopped, callers neither record the call nor mind
	turn     int                // next instance
	versions map[string]effects // by version; nil while versions are alike
}

// effects are what is wrong with one version.
type effects struct{ slow, errs float64 }

type instance struct {
	service *service
	name    string
	version string
	host    *host
	workers pool
	cores   pool
	dials   map[string]*pool // connections by callee; missing: without limit
	slow    float64
	errs    float64
	loss    float64 // like the service's, for messages to or from this one
	stalls  stalls
	down    bool
	since   int64 // started then, and cold for a while; see simulation.coldness

	out slot
}

// operation is one thing that a service does for its callers.
type operation struct {
	service *service
	name    string // as in labels: generated parts are {}
	before  string // the recorded name is before + an id + after, if after is not ""
	after   string
	method  string
	route   string
	prog    program
	flag    string // feature flag on its spans, "" for none
	topic   *topic // that it consumes; nil for what callers ask for

	own   float64 // expected own CPU time, ns
	cost  float64 // expected spans per call, with everything below
	hold  float64 // expected duration, ns
	calls float64 // expected calls per request from outside

	errs    float64 // probability to fail
	missing float64 // probability of an honest 404
	early   float64 // probability to return early without a word
	slow    float64
	slowFor *slowFor
}

// slowFor slows an operation or a database for requests with one attribute value.
type slowFor struct {
	tenant string // at the entry of the trace
	flag   bool   // where the operation's own flag is on
	factor float64
}

// database is a callee without spans of its own: a database, a cache, a foreign
// service.
type database struct {
	name   string
	system string // db.system, "" for a foreign service
	key    string // attribute that names it
	cache  bool
	slots  pool
	time   dist
	load   float64 // expected slots in use per request from outside and second
	named  float64 // queries per request whose spans name whom they ask

	slow    float64
	slowFor *slowFor
	errs    float64
	locked  string  // table whose queries wait for a lock
	lock    float64 // mean of that, ns
	down    bool    // refuses
	hangs   bool    // takes connections and says nothing
}

// topic is a queue between producers and one consuming service.
type topic struct {
	name    string
	system  string
	op      *operation
	poll    dist // how long a message lies there before a free consumer sees it
	workers pool // the consumers of all instances
}

type entry struct {
	op     *operation
	weight float64
}

// program is what an operation does, in order.
type program []step

type stepKind uint8

const (
	stepWork  stepKind = iota // own CPU time
	stepWait                  // time without CPU: timers, long polls
	stepCall                  // ask another service and wait
	stepAll                   // all branches at the same time, and wait for all
	stepMaybe                 // body, with probability prob
	stepTimes                 // body, times times
	stepCache                 // ask a cache; body on a miss
	stepQuery                 // ask a database
	stepSend                  // message to a topic
	stepSpan                  // body within an INTERNAL span
)

type step struct {
	kind     stepKind
	time     dist    // of stepWork and stepWait
	prob     float64 // of stepMaybe; of a hit for stepCache
	times    int     // of stepTimes
	body     program
	branches []program

	callee  *operation
	base    *database // nil for a cache within the process
	verb    string    // db.operation
	table   string
	topic   *topic
	name    string // of the client, producer or internal span
	timeout int64  // ns, 0 for none
	retries int
	backoff int64 // ns before the first retry, doubled for each further one
	swallow bool  // goes on when it failed

	off    bool // silently left out
	repeat int  // further times (N+1)
}
