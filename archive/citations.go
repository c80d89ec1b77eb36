package archive

import (
	"context"
	"errors"
	"fmt"
)

// KindRestored is the kind of the entry in the journal of readings that says: from here on the house goes on from an older state, on
// purpose. It cites the head that the main journal goes on from. What either journal had cited of the other until then may be gone.
const KindRestored = "house.restored"

// Chain is what a verification met of a journal: the head after each of its entries, and what they cite of the other journal.
type Chain struct {
	name     string
	hashes   [][32]byte // of the head after each entry
	cited    []citation // each head once, by the first entry that cites it
	restored []citation
	lost     bool // a header could not be read: hashes after it are not those of the journal
}

// citation is a head of the other journal and the entry that cites it.
type citation struct {
	by   Seq
	head Head
}

// ChainOf is the chain of a journal with these headers.
func ChainOf(name string, headers []Header) *Chain {
	c, head := &Chain{name: name}, EmptyHead()
	for _, h := range headers {
		head = head.Follow(h)
		c.add(h, head)
	}
	return c
}

// add takes over an entry.
func (c *Chain) add(h Header, head Head) {
	if c == nil {
		return
	}
	c.hashes = append(c.hashes, head.Hash)
	if n := len(c.cited); h.Cites != AnyHead && (n == 0 || c.cited[n-1].head != h.Cites) {
		c.cited = append(c.cited, citation{h.Seq, h.Cites})
	}
	if h.Kind == KindRestored {
		c.restored = append(c.restored, citation{h.Seq, h.Cites})
	}
}

// lose takes over an entry whose header cannot be read.
func (c *Chain) lose() {
	if c != nil {
		c.lost, c.hashes = true, append(c.hashes, [32]byte{})
	}
}

// met reports whether the journal once had the head.
func (c *Chain) met(h Head) bool {
	switch {
	case h.Seq == 0:
		return h == EmptyHead()
	case h.Seq > Seq(len(c.hashes)):
		return false
	}
	return c.lost || c.hashes[h.Seq-1] == h.Hash
}

// VerifyCitations holds the main journal and that of the readings against each other, as two verifications met them: every head that one
// cites must be one that the other has had. So a journal that was set back, cut short or taken away is told by the other, unless a restoring
// on purpose was noted.
func VerifyCitations(main, readings *Chain, report func(Problem)) {
	noted := func(covers func(restored citation) bool) bool {
		for _, r := range readings.restored {
			if main.met(r.head) && covers(r) {
				return true
			}
		}
		return false
	}
	missed(readings, main, report, func(by Seq) bool { return noted(func(r citation) bool { return by <= r.by }) })
	missed(main, readings, report, func(by Seq) bool { return noted(func(r citation) bool { return by <= r.head.Seq }) })
}

// missed reports what one journal cites and the other never was.
func missed(citing, cited *Chain, report func(Problem), excused func(by Seq) bool) {
	var lost, restored []citation
	for _, c := range citing.cited {
		switch {
		case cited.met(c.head):
		case excused(c.by):
			restored = append(restored, c)
		default:
			lost = append(lost, c)
		}
	}
	tell := func(list []citation, information bool, because string) {
		if len(list) == 0 {
			return
		}
		last := list[0].head.Seq
		for _, c := range list {
			last = max(last, c.head.Seq)
		}
		report(Problem{Where: cited.name, Information: information, What: fmt.Sprintf("%s cites %d states of it, up to entry %d, that it never had; it ends at entry %d: %s",
			citing.name, len(list), last, len(cited.hashes), because)})
	}
	tell(lost, false, "it was set back, cut short or replaced")
	tell(restored, true, "an older state was restored on purpose")
}

// lastCites is how many of the last readings CheckEnds looks at: they are written side by side, and the very last may cite an older head.
const lastCites = 64

// CheckEnds is ErrSetBack when the main journal or that of the readings ends before what the last entries of the other cite of it. It looks at
// little, for each start; VerifyCitations looks at everything.
func CheckEnds(ctx context.Context, main, readings Journal) error {
	head, err := main.Head(ctx)
	if err != nil {
		return err
	}
	noted, err := readings.Head(ctx)
	if err != nil {
		return err
	}
	restored, err := endCited(ctx, readings, noted.Seq, head)
	if err != nil || head.Seq == 0 {
		return err
	}
	last, err := headerOf(ctx, main, head.Seq)
	if err != nil || last.Cites == AnyHead || !before(noted, last.Cites) {
		return err
	}
	for seq := noted.Seq; seq > 0 && restored == nil; seq-- { // only where something is wrong, or once was
		h, err := headerOf(ctx, readings, seq)
		if err != nil {
			return err
		}
		if h.Kind == KindRestored {
			restored = &h
		}
	}
	if restored != nil && head.Seq <= restored.Cites.Seq {
		return nil
	}
	return fmt.Errorf("readings end at entry %d, the journal cites entry %d of them: %w", noted.Seq, last.Cites.Seq, ErrSetBack)
}

// endCited holds the head of the main journal against the last readings, back to a restoring, which it returns.
func endCited(ctx context.Context, readings Journal, last Seq, head Head) (restored *Header, err error) {
	for seq := last; seq > 0 && last-seq < lastCites; seq-- {
		h, err := headerOf(ctx, readings, seq)
		if err != nil {
			return nil, err
		}
		if h.Cites != AnyHead && before(head, h.Cites) {
			return nil, fmt.Errorf("the journal ends at entry %d, reading %d cites its entry %d: %w", head.Seq, seq, h.Cites.Seq, ErrSetBack)
		}
		if h.Kind == KindRestored {
			return &h, nil
		}
	}
	return nil, nil
}

// before reports whether a journal with the head cannot have had the one that was cited.
func before(head, cited Head) bool {
	return cited.Seq > head.Seq || cited.Seq == head.Seq && cited != head
}

// headerOf is the header of an entry, whatever became of its payload; the zero header for one that cannot be read, which a verification names.
func headerOf(ctx context.Context, j Journal, seq Seq) (Header, error) {
	e, err := j.Fetch(ctx, seq)
	if err != nil && (ctx.Err() != nil || errors.Is(err, ErrClosed)) {
		return Header{}, err
	}
	return e.Header, nil
}
