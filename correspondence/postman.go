package correspondence

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"chancery/correspondence/gate"
	"chancery/correspondence/postal"
	"chancery/habilitation"
)

// Postman takes what the gate let out to the server that is to have it, again and again until it is taken or refused for good. What is to leave
// is known by the journal; the queue only remembers when each address is tried again. A message may reach an address twice when the machine stops
// between the other side's word and the act that keeps it; it bears the same Message-ID both times.
type Postman struct {
	house   *Chancery
	queue   postal.Queue
	carrier postal.Carrier
	stop    context.CancelFunc
	done    sync.WaitGroup
}

// The postman's measures.
const (
	postRest   = 30 * time.Second // looks at the queue at least so often
	postRetry  = time.Minute      // after the first failure; twice as long after each other
	postLimit  = 4 * time.Hour    // and never longer
	postEnd    = 5 * 24 * time.Hour
	postAtOnce = 4
)

// OpenPostman begins to take mail out, until Close.
func OpenPostman(house *Chancery, queue postal.Queue, carrier postal.Carrier) *Postman {
	ctx, stop := context.WithCancel(context.Background())
	p := &Postman{house: house, queue: queue, carrier: carrier, stop: stop}
	p.done.Go(func() { p.run(ctx) })
	return p
}

// Close ends the postman's work; a mail under way is given up and tried again later.
func (p *Postman) Close() error {
	p.stop()
	p.done.Wait()
	return nil
}

func (p *Postman) run(ctx context.Context) {
	for ctx.Err() == nil {
		news := p.house.arrived.wait()
		err := errors.Join(p.collect(ctx), p.carryAll(ctx))
		if err != nil && ctx.Err() == nil {
			p.house.Log.Error("the postman rests", "why", err.Error())
		}
		select {
		case <-ctx.Done():
		case <-p.house.stop:
			return
		case <-news:
		case <-time.After(postRest):
		}
	}
}

// errand names one address of one message in the queue.
func errand(message habilitation.ID, address string) string { return message.String() + " " + address }

// collect puts whatever the gate let out into the queue; what is there already stays as it is.
func (p *Postman) collect(ctx context.Context) error {
	for _, leaving := range p.house.Folds.Gate.At(gate.Waiting) {
		for _, l := range leaving.Lines {
			if l.Step != gate.Waiting {
				continue
			}
			at := p.house.Clock().UTC()
			item := postal.Item{Key: errand(leaving.Message, l.Address), Due: at, Envelope: postal.Envelope{To: []string{l.Address}, At: at}}
			if err := p.queue.Put(ctx, item); err != nil && !errors.Is(err, postal.ErrFull) {
				return err
			}
		}
	}
	return nil
}

// carryAll takes out what is due, a few at once.
func (p *Postman) carryAll(ctx context.Context) error {
	due, err := p.queue.Due(ctx, p.house.Clock(), 100, 1<<20)
	if err != nil {
		return err
	}
	var wait sync.WaitGroup
	errs := make([]error, len(due))
	slots := make(chan struct{}, postAtOnce)
	for i := range due {
		slots <- struct{}{}
		wait.Go(func() {
			defer func() { <-slots }()
			errs[i] = p.carry(ctx, due[i])
		})
	}
	wait.Wait()
	return errors.Join(errs...)
}

// carry takes one mail to one address and has what became of it decided.
func (p *Postman) carry(ctx context.Context, item postal.Item) error {
	word, address, _ := strings.Cut(item.Key, " ")
	id, err := habilitation.ParseID(word)
	if err != nil || !p.house.leavesFor(id, address) {
		return p.queue.Remove(ctx, item.Key) // it ended another way
	}
	from, raw, err := p.house.outgoing(ctx, id, address)
	if err == nil {
		err = p.carrier.Carry(ctx, from, address, raw)
	}
	var refused *postal.Refused
	switch tooOld := p.house.Clock().Sub(item.Envelope.At) > postEnd; {
	case err == nil:
		err = p.house.Enact(ctx, 0, gate.Sent{Message: id, Address: address})
	case ctx.Err() != nil:
		return nil
	case errors.As(err, &refused), errors.Is(err, errStays), tooOld:
		err = p.fail(ctx, id, address, cutRunes(OneLine(err.Error()), 500))
	default:
		p.house.Log.Warn("mail not taken yet", "message", id.String(), "tries", item.Tries+1, "why", err.Error())
		return p.queue.Postpone(ctx, item.Key, p.house.Clock().Add(backoff(postRetry, item.Tries, postLimit)), err.Error())
	}
	if err != nil && !errors.Is(err, gate.ErrDecided) {
		return err
	}
	return p.queue.Remove(ctx, item.Key)
}

// fail keeps the failure and brings it back to who speaks, as news that answers the message.
func (p *Postman) fail(ctx context.Context, id habilitation.ID, address, why string) error {
	if err := p.house.Enact(ctx, 0, gate.Undeliverable{Message: id, Address: address, Why: why}); err != nil {
		return err
	}
	return errors.Join(p.house.Receive(ctx, []postal.Item{p.notice(id, address, why)})...)
}

// notice is a mail of the house to the origin of a message. The same failure gives the same bytes, so it comes once.
func (p *Postman) notice(id habilitation.ID, address, why string) postal.Item {
	c := p.house
	leaving, _ := c.Folds.Gate.Of(id)
	at := leaving.Lines[0].At
	origin, _ := c.Folds.Register.Audience(leaving.Origin)
	signatory, _ := c.Folds.Register.Agent(leaving.Signatory)
	number, subject := "", ""
	if h, ok := c.Folds.Ledger.headline(id); ok {
		number, subject, at = h.number, h.subject, timeOf(h.at)
	}
	to := []string{localPart(origin.Key) + "@" + c.MailDomain, localPart(signatory.Login) + "@" + c.MailDomain}
	w := &headerWriter{}
	w.begin("From")
	w.mailbox("Chancery", "mailer-daemon", c.MailDomain, "")
	w.end()
	w.begin("To")
	w.word(to[0])
	w.end()
	w.text("Subject", "Non remis / Undeliverable : "+number+" → "+address)
	w.plain("Date", mailDate(at))
	w.plain("In-Reply-To", messageID(id, c.Domain))
	w.plain("Auto-Submitted", "auto-replied")
	w.plain("MIME-Version", "1.0")
	w.plain("Content-Type", "text/plain; charset=utf-8")
	w.plain("Content-Transfer-Encoding", "8bit")
	w.end()
	w.out = fmt.Appendf(w.out, "%s\r\n%s\r\n\r\n%s :\r\n%s\r\n", number, subject, address, why)
	return postal.Item{Key: postal.KeyOf(w.out, to), Due: at, Raw: w.out, Envelope: postal.Envelope{To: to, At: c.Clock().UTC(), Helo: c.MailDomain}}
}
