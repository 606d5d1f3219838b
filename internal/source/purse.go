package source

// purse is what may be spent on looking around: new owners and late spans. Every
// span used earns a share, every span received in vain costs one.
type purse struct {
	share float64 // Config.MaxAmplification - 1
	spans float64
}

// settle books one stretch. What was not spent is kept only for about ten stretches,
// so that a quiet day does not pay for a spree.
func (p *purse) settle(received, used int64) {
	p.spans += p.share*float64(used) - float64(received-used)
	p.spans = min(p.spans, 10*p.share*float64(used))
}

// spare is how many spans may be fetched in vain now.
func (p *purse) spare() int { return int(max(p.spans, 0)) }
