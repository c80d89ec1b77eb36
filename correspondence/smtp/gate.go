package smtp

import (
	"net"
	"sync"
	"time"
)

// gate is a listener that lets in so many connections at once, in all and from one address. The others are told to come back and closed; none
// lasts longer than a session may.
type gate struct {
	net.Listener
	limits Limits
	mu     sync.Mutex
	all    int
	by     map[string]int
}

func newGate(listener net.Listener, limits Limits) *gate {
	return &gate{Listener: listener, limits: limits, by: map[string]int{}}
}

// patience is how long a connection that is not let in is given to read why.
const patience = 2 * time.Second

// Accept waits for a connection that may come in.
func (g *gate) Accept() (net.Conn, error) {
	for {
		conn, err := g.Listener.Accept()
		if err != nil {
			return nil, err
		}
		host, _, err := net.SplitHostPort(conn.RemoteAddr().String())
		if err != nil {
			host = conn.RemoteAddr().String()
		}
		if g.enters(host) {
			return &guest{Conn: conn, gate: g, host: host, until: time.Now().Add(g.limits.Session)}, nil
		}
		turnAway(conn)
	}
}

// turnAway answers in so few bytes that they fit where nobody has to read them, and closes.
func turnAway(conn net.Conn) {
	_ = conn.SetDeadline(time.Now().Add(patience))
	_, _ = conn.Write([]byte("421 4.7.0 Too many connections, come back\r\n"))
	_ = conn.Close()
}

func (g *gate) enters(host string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.all >= g.limits.Connections || g.by[host] >= g.limits.PerAddress {
		return false
	}
	g.all++
	g.by[host]++
	return true
}

func (g *gate) leaves(host string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.all--
	if g.by[host]--; g.by[host] == 0 {
		delete(g.by, host)
	}
}

// guest is a connection that was let in.
type guest struct {
	net.Conn
	gate  *gate
	host  string
	until time.Time // of the machine's clock, as deadlines are
	once  sync.Once
}

// SetReadDeadline keeps any deadline within the session.
func (g *guest) SetReadDeadline(at time.Time) error { return g.Conn.SetReadDeadline(g.within(at)) }

// SetWriteDeadline keeps any deadline within the session.
func (g *guest) SetWriteDeadline(at time.Time) error { return g.Conn.SetWriteDeadline(g.within(at)) }

// SetDeadline keeps any deadline within the session.
func (g *guest) SetDeadline(at time.Time) error { return g.Conn.SetDeadline(g.within(at)) }

func (g *guest) within(at time.Time) time.Time {
	if at.IsZero() || at.After(g.until) {
		return g.until
	}
	return at
}

// Close makes room for another.
func (g *guest) Close() error {
	g.once.Do(func() { g.gate.leaves(g.host) })
	return g.Conn.Close()
}
