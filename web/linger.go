package web

import (
	"io"
	"net"
	"sync/atomic"
	"time"
)

// lingerFor and lingerBytes bound how long and how much is still read from a peer whose request was refused before its end.
const (
	lingerFor   = 2 * time.Second
	lingerBytes = 32 << 20
)

// lingering makes connections on which a refused body is read to its end, or to a bound, before they close. Closing with bytes unread
// sends a reset, and the peer would never see the 413.
func lingering(l net.Listener) net.Listener { return lingerListener{l} }

type lingerListener struct{ net.Listener }

func (l lingerListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	return &lingerConn{Conn: conn}, nil
}

type lingerConn struct {
	net.Conn
	refused atomic.Bool
}

func (c *lingerConn) Close() error {
	if c.refused.Load() {
		_ = c.SetDeadline(time.Now().Add(lingerFor))
		if half, ok := c.Conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
			_, _ = io.CopyN(io.Discard, c.Conn, lingerBytes)
		}
	}
	return c.Conn.Close()
}

// linger marks a connection whose request was refused before its body was read.
func linger(conn net.Conn) {
	if c, ok := conn.(*lingerConn); ok {
		c.refused.Store(true)
	}
}
