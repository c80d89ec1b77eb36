package correspondence

import (
	"cmp"
	"context"
	"slices"

	"chancery/habilitation"
	"chancery/search"
)

// maxThread bounds what one thread shows.
const maxThread = 1000

// threadEdge is one message pointing to another.
type threadEdge struct {
	to  habilitation.ID
	how string
}

// edges are the messages that a headline points to, each once, the closer relation first.
func (h *headline) edges() []threadEdge {
	out := make([]threadEdge, 0, len(h.cites))
	add := func(to habilitation.ID, how string) {
		if !to.IsZero() && !slices.ContainsFunc(out, func(e threadEdge) bool { return e.to == to }) {
			out = append(out, threadEdge{to, how})
		}
	}
	add(h.corrects, "corrects")
	add(h.answers, "answers")
	add(h.follows, "follows")
	for _, id := range h.cites {
		add(id, "cites")
	}
	return out
}

// Thread is a message with all that references, answers, follow-ups and corrections join to it, both ways and however far. It goes only
// through messages that the rule admits: what hangs together by a message withheld does not hang together for this reader.
func (d *Desk) Thread(ctx context.Context, id habilitation.ID) (ThreadView, error) {
	first, err := d.admit(id)
	if err != nil {
		return ThreadView{}, err
	}
	rows, more := d.threadFrom(first)
	unread, err := d.unreads(ctx)
	if err != nil {
		return ThreadView{}, err
	}
	view := ThreadView{Items: make([]ThreadMessage, 0, len(rows)), More: more}
	shown := make(map[habilitation.ID]bool, len(rows))
	for _, row := range rows {
		shown[row.ID] = true
	}
	for _, row := range rows {
		h, ok := d.headline(row, unread)
		if !ok {
			continue
		}
		item := ThreadMessage{Headline: h, Links: []ThreadLink{}}
		for _, edge := range d.edgesOf(row.ID) {
			if shown[edge.to] {
				item.Links = append(item.Links, ThreadLink{How: edge.how, ID: edge.to})
			}
		}
		view.Items = append(view.Items, item)
	}
	return view, nil
}

func (d *Desk) edgesOf(id habilitation.ID) []threadEdge {
	h, ok := d.house.Folds.Ledger.headline(id)
	if !ok {
		return nil
	}
	return h.edges()
}

// threadFrom walks the nearest messages first, and gives them in the order of time. More tells that there are others beyond the bound.
func (d *Desk) threadFrom(first search.Row) (rows []search.Row, more bool) {
	met := map[habilitation.ID]bool{first.ID: true}
	rows = []search.Row{first}
	for next := 0; next < len(rows) && !more; next++ {
		for _, id := range d.neighbours(rows[next].ID) {
			if met[id] {
				continue
			}
			met[id] = true
			row, err := d.admit(id)
			if err != nil {
				continue
			}
			if more = len(rows) == maxThread; more {
				break
			}
			rows = append(rows, row)
		}
	}
	slices.SortFunc(rows, func(a, b search.Row) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Seq, b.Seq)) })
	return rows, more
}

// neighbours are the messages that one points to and those that point to it; whoever shows them asks the rule for each.
func (d *Desk) neighbours(id habilitation.ID) []habilitation.ID {
	var out []habilitation.ID
	for _, edge := range d.edgesOf(id) {
		out = append(out, edge.to)
	}
	for _, later := range d.house.Folds.Ledger.citing(id) {
		out = append(out, later.id)
	}
	return out
}
