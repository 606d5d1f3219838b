package stats

// Room is memory for comparisons that wait for each other, to be used again for the next ones.
// The zero value is empty.
type Room struct {
	parts [][]window
	part  int // the one that is being filled
	used  int // of it
}

// roomPart is how many windows a part holds: 64 kB.
const roomPart = 4096

// Clear makes all of it free again.
func (r *Room) Clear() { r.part, r.used = 0, 0 }

// take is free room for n windows.
func (r *Room) take(n int) []window {
	for ; r.part < len(r.parts); r.part, r.used = r.part+1, 0 {
		if p := r.parts[r.part]; r.used+n <= len(p) {
			r.used += n
			return p[r.used-n : r.used-n : r.used]
		}
	}
	r.parts = append(r.parts, make([]window, max(n, roomPart)))
	r.used = n
	return r.parts[r.part][:0:n]
}
