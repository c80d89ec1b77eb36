package archivetest

import (
	"context"
	"testing"

	"chancery/archive"
)

// citations holds the journal against another one, each citing the other: what is cited and was never there is told, and nothing else.
func citations(t testing.TB, place Opener) {
	h := open(t, place, nil)
	here, there := archive.EmptyHead(), archive.EmptyHead()
	var other []archive.Header // the other journal, which grows entry by entry with this one
	for n := range 6 {
		d := h.draft(n)
		d.Cites = there
		here = h.append(d)[0].Head()
		header := archive.Header{Seq: archive.Seq(n + 1), ID: identity(100 + n), Kind: "message.opened", Cites: here}
		other, there = append(other, header), there.Follow(header)
	}
	h.shut()
	h = open(t, place, nil)
	chain := h.chain()
	found := func(other []archive.Header) (problems, notes int) {
		cited := archive.ChainOf("readings", other)
		archive.VerifyCitations(chain, cited, func(p archive.Problem) {
			if p.Information {
				notes++
			} else {
				problems++
			}
		})
		return problems, notes
	}
	later := archive.Header{Seq: 7, ID: identity(107), Kind: "message.opened", Cites: archive.Head{Seq: 7, Hash: there.Hash}}
	forged := archive.Header{Seq: 7, ID: identity(107), Kind: "message.opened", Cites: archive.Head{Seq: 3, Hash: there.Hash}}
	restored := archive.Header{Seq: 8, ID: identity(108), Kind: archive.KindRestored, Cites: here}
	for _, c := range []struct {
		name            string
		other           []archive.Header
		problems, notes int
	}{
		{"as they are", other, 0, 0},
		{"the other is gone", nil, 1, 0},
		{"the other ends before what is cited", other[:3], 1, 0},
		{"this one ends before what is cited", append(other[:6:6], later), 1, 0},
		{"another past of this one is cited", append(other[:6:6], forged), 1, 0},
		{"an older state of this one was restored", append(other[:6:6], later, restored), 0, 1},
		{"an older state of the other was restored", append(other[:2:2], archive.Header{Seq: 3, ID: identity(108), Kind: archive.KindRestored, Cites: here}), 0, 1},
	} {
		if problems, notes := found(c.other); problems != c.problems || notes != c.notes {
			t.Errorf("%s: %d problems and %d notes, want %d and %d", c.name, problems, notes, c.problems, c.notes)
		}
	}
}

// chain is what a verification meets of the journal.
func (h *house) chain() *archive.Chain {
	h.t.Helper()
	var chain archive.Chain
	if err := archive.Verify(context.Background(), archive.Verification{Name: "journal", Journal: h.Journal, Chain: &chain}, func(archive.Problem) {}); err != nil {
		h.t.Fatalf("verify: %v", err)
	}
	return &chain
}
