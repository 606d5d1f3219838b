package stats

import "math"

// Group is what one window says about a quantity: its mean, the variance of single
// values inside the window, and the number of independent values (traces, not
// spans: the spans of one trace are not independent).
type Group struct {
	Mean, Var, N float64
}

// Shift is how far a window lies from the healthy ones.
type Shift struct {
	Z      float64 // Effect in standard errors, on the normal scale, within ±MaxZ
	Effect float64 // mean now minus Mu
	Mu     float64 // mean of the healthy windows
	Tau2   float64 // variance of the true means between healthy windows
	SE     float64 // standard error of Effect, floor included
	DF     int     // degrees of freedom of SE, rounded down
	N0, N1 float64 // values in the healthy windows and now
}

const (
	// minVar keeps a quantity that never varied in a few windows (a cache, a mock)
	// from making the first microsecond of change infinitely significant: 1 %
	// standard deviation of a log duration.
	minVar = 1e-4

	// minBetween is the fewest values for which a window's mean counts in the
	// variance between windows. With fewer, that mean is mostly its own noise and
	// its assumed normality is not yet true.
	minBetween = 5
)

// RandomEffects compares the window now with the healthy windows, whose true means
// are taken to vary around Mu with variance Tau2 (a random-effects model): quantities
// that are restless among healthy windows need a larger effect for the same Z.
// floor is a difference that never matters, as a standard deviation (0.03 is 3 % of
// a log duration).
//
// The variance within windows is pooled over the healthy ones and at least 1e-4.
// Tau2 is the estimate of Paule and Mandel (1982): with the weights w = 1/(Tau2 +
// s²/n) it makes sum w (mean - Mu)² equal to its expectation, and stays right when
// windows have very different sizes. SE² = Tau2 + s²/n + 1/sum(w) + floor², where
// 1/sum(w) is the uncertainty of Mu itself. Effect/SE is read as Student's t; the
// degrees of freedom are those of Satterthwaite, at least H-1, and more the more of
// SE² comes from parts known better than Tau2 (floor, s²).
//
// Windows with fewer than five values count for Mu but not for Tau2, unless fewer than two
// others are left: then all count. A single healthy window says nothing about Tau2:
// it is then taken to be s², as if windows differed as much as single values, with
// the degrees of freedom of s².
//
// Special cases: windows without values, or with a mean or variance that is not
// finite, are left out. Without a healthy window, without values now, or when
// nothing at all tells how far values scatter (one healthy window of one value, and
// one value now), Z and DF are 0.
func RandomEffects(healthy []Group, now Group, floor float64) Shift {
	return Effects{}.Means(healthy, now, floor)
}

// Effects says how the healthy windows are taken; the zero value takes them as they are.
type Effects struct {
	// Robust leaves out windows that are out of line, see [RandomEffectsRobust].
	Robust bool
}

// Means is [RandomEffects] with these settings.
func (m Effects) Means(healthy []Group, now Group, floor float64) Shift {
	var room [usualWindows]window
	c := m.compare(room[:], healthy, now, floor)
	return c.Shift()
}

// Compare is [Effects.Means] for those who may ask more than once. The comparison lives in the
// room, until that is cleared.
func (m Effects) Compare(room *Room, healthy []Group, now Group, floor float64) Comparison {
	return m.compare(room.take(len(healthy)), healthy, now, floor)
}

func (m Effects) compare(room []window, healthy []Group, now Group, floor float64) Comparison {
	s2, df := within(healthy, now)
	var kept [usualWindows]Group
	if m.Robust {
		healthy = inLine(kept[:0], healthy, s2, floor)
	}
	return comparison(room, healthy, now, s2, df, floor)
}

// within returns the pooled variance of single values in the healthy windows and its
// degrees of freedom, or that of now if they have none.
func within(healthy []Group, now Group) (s2, df float64) {
	for _, g := range healthy {
		if g.usable() && g.N > 1 {
			s2 += (g.N - 1) * g.Var
			df += g.N - 1
		}
	}
	if df < 1 && now.usable() && now.N > 1 {
		s2 += (now.N - 1) * now.Var
		df += now.N - 1
	}
	if df > 0 {
		s2 /= df
	}
	return max(s2, minVar), df
}

// Rate is Hits out of N in one window.
type Rate struct {
	Hits, N float64
}

// usable reports whether g can take part.
func (g Group) usable() bool {
	return g.N > 0 && g.Var >= 0 && finite(g.Mean) && finite(g.Var) && finite(g.N)
}

// finite reports whether x is a number: NaN and infinities less themselves are NaN.
func finite(x float64) bool { return x-x == 0 }

// Comparison is a window beside the healthy ones. What others of its kind tell about the
// variance between windows is known once all have been compared.
type Comparison struct {
	healthy      between
	values       float64 // in the healthy windows
	now          Group
	s2, df2      float64 // variance within windows, and its degrees of freedom
	floor        float64
	tau2, spread float64 // see [between.tau2]
}

// comparison is one with the variance s2 within windows and its degrees of freedom given.
// It takes the room if the windows fit.
func comparison(room []window, healthy []Group, now Group, s2, df2, floor float64) Comparison {
	c := Comparison{now: now, s2: s2, df2: df2, floor: floor}
	c.healthy, c.values = collect(room, healthy, s2)
	if len(c.healthy.sure) > 1 && now.usable() {
		c.tau2, c.spread = c.healthy.tau2()
	}
	return c
}

// Shift is how far the window lies from the healthy ones.
func (c *Comparison) Shift() Shift {
	var out Shift
	b, now := &c.healthy, c.now
	if len(b.all) == 0 || !now.usable() {
		return out
	}
	out.N0, out.N1 = c.values, now.N
	between := float64(len(b.sure) - 1)
	spread := 0.0
	if between > 0 {
		out.Tau2, spread = c.tau2, c.spread
	} else {
		out.Tau2 = c.s2
	}
	mu, varMu, grow := b.mean(out.Tau2)
	out.Mu, out.Effect = mu, now.Mean-mu
	variance := out.Tau2 + c.s2/now.N + varMu + c.floor*c.floor
	out.SE = math.Sqrt(variance)
	if between == 0 && c.df2 < 1 {
		return out // nothing tells how far values scatter
	}
	df := satterthwaite(variance, []part{
		{(1 + grow) * spread, between},
		{c.s2/now.N + varMu, c.df2},
	})
	df = max(df, between)
	out.DF = int(min(df, normalDF))
	out.Z = ZOfStudent(out.Effect/out.SE, df)
	return out
}

// Scatter is how far the healthy windows lay from each other; those that count for the
// variance between them.
func (c *Comparison) Scatter() Scatter {
	var sw, sww, swx, swxx float64
	for _, g := range c.healthy.sure {
		w := 1 / g.noise
		sw += w
		sww += w * w
		swx += w * g.x
		swxx += w * g.x * g.x
	}
	df := float64(len(c.healthy.sure) - 1)
	if df < 1 {
		return Scatter{}
	}
	noise := df / (sw - sww/sw)
	return Scatter{Seen: noise * max(swxx-swx*swx/sw, 0) / df, Noise: noise, DF: df}
}

// OwnWindows is how many windows of its own tell how restless a quantity is: by then it is
// known within a third, and what it does in ten minutes or an hour that others do not (moving to another host, say)
// is told by nobody else.
const OwnWindows = 20

// Among is [Comparison.Shift] where quantities of its kind are so restless: its own windows
// count as far as they tell, and three tell little. The z is another one, unless the shift is below
// two standard errors however calm the quantity is, or nothing is known of the kind, or it has twenty windows of its own.
func (c *Comparison) Among(r *Restless) Shift {
	out := c.Shift()
	if !r.knows() || out.SE == 0 || len(c.healthy.sure) >= OwnWindows {
		return out
	}
	sign := math.Copysign(1, out.Effect)
	t := func(tau2 float64) (t, df float64) {
		mu, varMu, _ := c.healthy.mean(tau2)
		noise := c.s2/c.now.N + varMu
		variance := tau2 + noise + c.floor*c.floor
		return sign * (c.now.Mean - mu) / math.Sqrt(variance), satterthwaite(variance, []part{{noise, c.df2}})
	}
	const matters = 2
	if calm, _ := t(0); calm >= matters {
		z := r.z(c.Scatter(), func(tau2 float64) float64 { return LogNormalTail(ZOfStudent(t(tau2))) })
		out.Z = sign * surer(math.Abs(out.Z), z, len(c.healthy.sure))
	}
	return out
}

// surer is the z of a shift by its own windows and by those of others. From half of
// OwnWindows on both are right, and the larger counts, less what the choice between
// them is worth: twice the chance.
func surer(alone, among float64, windows int) float64 {
	if 2*windows < OwnWindows {
		return among
	}
	return max(ZOfLogTail(LogNormalTail(max(alone, among))+math.Ln2), 0)
}

// part is a summand of an estimated variance with its degrees of freedom; a part
// with none is known.
type part struct {
	variance, df float64
}

// satterthwaite returns the degrees of freedom of a sum of independent estimates of
// variance (Satterthwaite, Biometrics Bulletin 2, 1946).
func satterthwaite(total float64, parts []part) float64 {
	var sum float64
	for _, p := range parts {
		if p.df > 0 {
			sum += p.variance * p.variance / p.df
		}
	}
	if sum == 0 {
		return normalDF
	}
	return max(total*total/sum, 1)
}
