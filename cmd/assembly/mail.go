package assembly

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"

	"chancery/correspondence"
	"chancery/correspondence/boltqueue"
	"chancery/correspondence/postal"
	"chancery/correspondence/smtp"
)

// The queues of mail in the folder of a house.
const (
	arrivalsName   = "arrivals.db"
	departuresName = "departures.db"
)

// Post is the house's part in the Internet's mail, as far as it is configured: the server that takes mail, the mailroom that archives it, and
// the postman who takes out what the release gate lets leave.
type Post struct {
	Address  string // where mail is taken; "" where it is not
	server   *smtp.Server
	listener net.Listener
	closers  []func() error // in the order of opening
}

// OpenPost opens the queues and lets mailroom and postman work. Where a listener is configured it is there when OpenPost returns; Serve answers on it.
func (h *House) OpenPost(log *slog.Logger) (_ *Post, err error) {
	p := &Post{}
	defer func() {
		if err != nil {
			err = errors.Join(fmt.Errorf("open the post: %w", err), p.Close(context.Background()))
		}
	}()
	if h.Config.SMTPListen != "" {
		if err := p.openArrivals(h, log); err != nil {
			return nil, err
		}
	}
	if h.Config.MailRelay != "" {
		return p, p.openDepartures(h)
	}
	return p, nil
}

func (p *Post) openArrivals(h *House, log *slog.Logger) error {
	queue, err := boltqueue.Open(place(h.Folder, arrivalsName), postal.Bounds{Items: h.Config.MailQueue, Bytes: int64(h.Config.MailQueueSize) << 20})
	if err != nil {
		return err
	}
	p.closers = append(p.closers, queue.Close)
	security, err := h.certificate()
	if err != nil {
		return err
	}
	room := correspondence.OpenMailroom(h.Chancery, queue)
	p.closers = append(p.closers, room.Close)
	limits := smtp.DefaultLimits()
	limits.Message = int64(h.Config.MailSize) << 20
	p.server = smtp.New(smtp.Options{Domain: h.Chancery.MailDomain, Queue: queue, Taken: room.Wake, TLS: security, Limits: limits, Clock: h.Chancery.Clock, Log: log})
	if p.listener, err = net.Listen("tcp", h.Config.SMTPListen); err != nil {
		return err
	}
	p.Address = p.listener.Addr().String()
	return nil
}

func (p *Post) openDepartures(h *House) error {
	queue, err := boltqueue.Open(place(h.Folder, departuresName), postal.Bounds{})
	if err != nil {
		return err
	}
	p.closers = append(p.closers, queue.Close)
	client := &smtp.Client{Relay: h.Config.MailRelay, Name: h.Chancery.MailDomain, Security: smtp.Security(h.Config.MailRelayTLS)}
	p.closers = append(p.closers, correspondence.OpenPostman(h.Chancery, queue, client).Close)
	return nil
}

// Serve takes mail until Close; without a listener it returns at once.
func (p *Post) Serve() error {
	if p.server == nil {
		return nil
	}
	return p.server.Serve(p.listener)
}

// Close takes no new mail, waits for what is arriving until ctx ends, then lets go of everything.
func (p *Post) Close(ctx context.Context) error {
	var errs []error
	if p.listener != nil {
		errs = append(errs, p.server.Shutdown(ctx), ignoreClosed(p.listener.Close()))
	}
	for i := len(p.closers) - 1; i >= 0; i-- {
		errs = append(errs, p.closers[i]())
	}
	p.closers, p.listener = nil, nil
	return errors.Join(errs...)
}

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}
