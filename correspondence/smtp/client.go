package smtp

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	gosmtp "github.com/emersion/go-smtp"

	"chancery/correspondence/postal"
)

// Security is what is asked of the line to the relay.
type Security string

const (
	// Always demands TLS with a certificate that is trusted.
	Always Security = "always"
	// Offered takes TLS where it is offered, whoever's certificate it is: better than a line in clear, and no proof of who listens.
	Offered Security = "offered"
	// Never speaks in clear: for a relay on the same machine.
	Never Security = "never"
)

// Client hands mails to one relay; it is a postal.Carrier. Each mail has a connection of its own.
type Client struct {
	Relay    string        // host and port
	Name     string        // how the house calls itself
	Security Security      // zero: Always
	TLS      *tls.Config   // whom to trust; nil: whom the system trusts
	Patience time.Duration // of one mail; zero: two minutes
}

var _ postal.Carrier = (*Client)(nil)

// Carry hands over one mail. What the relay refuses for good is a *postal.Refused.
func (c *Client) Carry(ctx context.Context, from, to string, raw []byte) error {
	patience := c.Patience
	if patience == 0 {
		patience = 2 * time.Minute
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	client, err := c.greet(ctx)
	if err == nil {
		defer context.AfterFunc(ctx, func() { _ = client.Close() })()
		err = hand(client, from, to, raw)
		_ = client.Close() // whatever was said is said
	}
	var answer *gosmtp.SMTPError
	if errors.As(err, &answer) && answer.Code/100 == 5 {
		return &postal.Refused{Answer: fmt.Sprintf("%d %s", answer.Code, answer.Message)}
	}
	if err != nil {
		return fmt.Errorf("hand mail to relay %s: %w", c.Relay, err)
	}
	return nil
}

// greet opens the talk, in TLS as far as the line is to be secure.
func (c *Client) greet(ctx context.Context) (*gosmtp.Client, error) {
	conn, err := c.dial(ctx)
	if err != nil {
		return nil, err
	}
	if c.Security == Never || c.Security == Offered {
		client := gosmtp.NewClient(conn)
		err := client.Hello(c.Name)
		if offered, _ := client.Extension("STARTTLS"); err != nil || c.Security == Never || !offered {
			return client, err
		}
		_ = client.Close() // go-smtp begins TLS on a line that nobody has spoken on
		if conn, err = c.dial(ctx); err != nil {
			return nil, err
		}
	}
	client, err := gosmtp.NewClientStartTLS(conn, c.trust())
	if err != nil {
		return nil, errors.Join(err, ignoreClosed(conn.Close()))
	}
	return client, client.Hello(c.Name)
}

// dial reaches the relay; the line ends with ctx.
func (c *Client) dial(ctx context.Context) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", c.Relay)
	if err != nil {
		return nil, err
	}
	if deadline, ok := ctx.Deadline(); ok {
		err = conn.SetDeadline(deadline)
	}
	return conn, err
}

// trust is whose certificate is taken.
func (c *Client) trust() *tls.Config {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.TLS != nil {
		config = c.TLS.Clone()
	}
	if host, _, err := net.SplitHostPort(c.Relay); err == nil && config.ServerName == "" {
		config.ServerName = host
	}
	config.InsecureSkipVerify = c.Security == Offered
	return config
}

// ignoreClosed passes over the closing of what is closed.
func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// hand says who it is from and to, and gives the bytes.
func hand(client *gosmtp.Client, from, to string, raw []byte) error {
	if err := client.Mail(from, nil); err != nil {
		return err
	}
	if err := client.Rcpt(to, nil); err != nil {
		return err
	}
	data, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := bytes.NewReader(raw).WriteTo(data); err != nil {
		return errors.Join(err, data.Close())
	}
	if err := data.Close(); err != nil {
		return err
	}
	_ = client.Quit() // the mail is theirs already
	return nil
}
