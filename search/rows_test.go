package search_test

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"chancery/habilitation"
	"chancery/search"
	"chancery/search/searchtest"

	"pgregory.net/rapid"
)

var (
	archivist = habilitation.CompilePerimeter(habilitation.Grants{Ceiling: habilitation.Restricted, Archivist: true})
	consul    = habilitation.CompilePerimeter(habilitation.Grants{Agent: 1, Ceiling: habilitation.Unprotected, Audiences: []habilitation.AudienceID{1}})
)

func message(seq uint64, at time.Time, level habilitation.Level, audience habilitation.AudienceID) search.Document {
	return search.Document{ID: idOf(seq), Seq: seq, Time: at, Kind: search.Telegram, Text: "corps",
		Marking: habilitation.NewMarking(level, []habilitation.AudienceID{audience}, nil, nil)}
}

func idOf(seq uint64) habilitation.ID {
	return habilitation.ID{byte(seq), byte(seq >> 8), byte(seq >> 16), 1}
}

func seqs(rows []search.Row) []uint64 {
	out := make([]uint64, len(rows))
	for i, r := range rows {
		out[i] = r.Seq
	}
	return out
}

func feed(t *testing.T, rows *search.Rows, p *habilitation.Perimeter, after habilitation.ID, limit int) ([]uint64, habilitation.ID) {
	t.Helper()
	page, next, err := rows.Feed(p, after, limit, nil)
	if err != nil {
		t.Fatalf("feed: %v", err)
	}
	return seqs(page), next
}

func TestOldMailIsFiledUnderItsDate(t *testing.T) {
	rows := search.NewRows()
	day := func(year int) time.Time { return time.Date(year, 4, 12, 0, 0, 0, 0, time.UTC) }
	rows.Append([]search.Document{message(1, day(2025), habilitation.Unprotected, 1), message(2, day(2026), habilitation.Unprotected, 1)})
	rows.Append([]search.Document{message(3, day(1863), habilitation.Unprotected, 1), message(4, day(1861), habilitation.Unprotected, 1),
		message(5, day(2025), habilitation.Unprotected, 1)})
	if got, _ := feed(t, rows, archivist, habilitation.ID{}, 10); !slices.Equal(got, []uint64{2, 5, 1, 3, 4}) {
		t.Errorf("feed %v", got)
	}
	row, _ := rows.Row(idOf(4))
	if !row.Time.Equal(day(1861)) || search.MonthOf(row.Time).String() != "1861-04" {
		t.Errorf("time %v, month %v", row.Time, search.MonthOf(row.Time))
	}
	if got, err := rows.Since(archivist, idOf(2), 10, nil); err != nil || !slices.Equal(seqs(got), []uint64{3, 4, 5}) {
		t.Errorf("since: %v, %v", seqs(got), err)
	}
}

func TestMarkHoldsAtOnce(t *testing.T) {
	rows := search.NewRows()
	rows.Append([]search.Document{message(1, time.UnixMicro(1), habilitation.Unprotected, 1), message(2, time.UnixMicro(2), habilitation.Unprotected, 2)})
	steps := []struct {
		name    string
		seq     uint64
		marking habilitation.Marking
		want    []uint64
	}{
		{"shared", 2, habilitation.NewMarking(habilitation.Unprotected, []habilitation.AudienceID{1, 2}, nil, nil), []uint64{2, 1}},
		{"raised", 1, habilitation.NewMarking(habilitation.Restricted, []habilitation.AudienceID{1}, nil, nil), []uint64{2}},
		{"addressed by name", 1, habilitation.NewMarking(habilitation.Unprotected, nil, nil, []habilitation.AgentID{1}), []uint64{2, 1}},
		{"withdrawn", 2, habilitation.NewMarking(habilitation.Unprotected, []habilitation.AudienceID{2}, nil, nil), []uint64{1}},
	}
	for _, step := range steps {
		before := rows.View(consul)
		if !rows.Mark(idOf(step.seq), step.marking) {
			t.Fatalf("%s: unknown", step.name)
		}
		if got, _ := feed(t, rows, consul, habilitation.ID{}, 10); !slices.Equal(got, step.want) {
			t.Errorf("%s: feed %v, want %v", step.name, got, step.want)
		}
		if got := rows.Count(consul, nil); got != len(step.want) {
			t.Errorf("%s: count %d, want %d", step.name, got, len(step.want))
		}
		withdrawn := len(step.want) < before.Len()
		if before.Withdrawn() != withdrawn {
			t.Errorf("%s: the older view says withdrawn=%v", step.name, !withdrawn)
		}
	}
	if rows.Mark(idOf(9), habilitation.Marking{}) {
		t.Error("a message unknown was marked")
	}
}

func TestAppendAgainKeepsTheMarking(t *testing.T) {
	rows := search.NewRows()
	first := message(1, time.UnixMicro(1), habilitation.Unprotected, 1)
	rows.Append([]search.Document{first, first})
	rows.Mark(first.ID, habilitation.NewMarking(habilitation.Restricted, nil, nil, nil))
	rows.Append([]search.Document{first})
	if row, _ := rows.Row(first.ID); rows.Len() != 1 || row.Marking.Level() != habilitation.Restricted {
		t.Errorf("%d rows, level %v", rows.Len(), row.Marking.Level())
	}
}

func TestCursorUnknownAndWithheldAreOneAnswer(t *testing.T) {
	rows := search.NewRows()
	rows.Append([]search.Document{message(1, time.UnixMicro(1), habilitation.Unprotected, 1), message(2, time.UnixMicro(2), habilitation.Restricted, 1)})
	for name, id := range map[string]habilitation.ID{"withheld": idOf(2), "unknown": idOf(7)} {
		if page, next, err := rows.Feed(consul, id, 5, nil); err != search.ErrUnknown || page != nil || !next.IsZero() { //nolint:errorlint // the very same value is promised
			t.Errorf("%s: feed gave %v, %v, %v", name, page, next, err)
		}
		if page, err := rows.Since(consul, id, 5, nil); err != search.ErrUnknown || page != nil { //nolint:errorlint // as above
			t.Errorf("%s: since gave %v, %v", name, page, err)
		}
	}
}

// TestFeedAgreesWithSlices pages through random rows, imports and changes included, and compares with filtering and sorting a slice.
func TestFeedAgreesWithSlices(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := searchtest.Worlds().Draw(t, "world")
		rows := search.NewRows()
		for step := range slices.Chunk(w.Documents, rapid.IntRange(1, 9).Draw(t, "step")) {
			rows.Append(step)
		}
		for _, c := range w.Changes {
			w.Documents[c.Message].Marking = c.Marking
			rows.Mark(w.Documents[c.Message].ID, c.Marking)
		}
		limit := rapid.IntRange(1, 7).Draw(t, "limit")
		for _, g := range w.Readers {
			comparePages(t, rows, w.Documents, habilitation.CompilePerimeter(g), limit)
		}
	})
}

func comparePages(t *rapid.T, rows *search.Rows, documents []search.Document, p *habilitation.Perimeter, limit int) {
	var want []search.Document
	for _, d := range documents {
		if p.Admits(&d.Marking) {
			want = append(want, d)
		}
	}
	slices.SortFunc(want, func(a, b search.Document) int {
		if c := b.Time.Compare(a.Time); c != 0 {
			return c
		}
		return int(b.Seq) - int(a.Seq)
	})
	if n := rows.Count(p, nil); n != len(want) {
		t.Fatalf("count %d, want %d", n, len(want))
	}
	var after habilitation.ID
	for pages := 0; ; pages++ {
		page, next, err := rows.Feed(p, after, limit, nil)
		if err != nil || len(page) > limit || pages > len(documents) {
			t.Fatalf("page %d of %d: %v", pages, len(page), err)
		}
		for _, row := range page {
			if len(want) == 0 || want[0].ID != row.ID {
				t.Fatalf("feed gives %d, want %v", row.Seq, want)
			}
			want = want[1:]
		}
		if after = next; next.IsZero() {
			break
		}
	}
	if len(want) > 0 {
		t.Fatalf("the feed ends before %v", want)
	}
}

// TestRareFeed reaches past what is tested row by row, by both ways of going on.
func TestRareFeed(t *testing.T) {
	for _, every := range []uint64{3, 4000} {
		rows := search.NewRows()
		var documents []search.Document
		var want []uint64
		for seq := uint64(1); seq <= 30_000; seq++ {
			audience := habilitation.AudienceID(2)
			if seq%every == 0 && seq < 20_000 {
				audience = 1
				want = append(want, seq)
			}
			documents = append(documents, message(seq, time.UnixMicro(int64(seq*7919%30_011)), habilitation.Unprotected, audience))
		}
		rows.Append(documents)
		slices.SortFunc(want, func(a, b uint64) int { return int(b*7919%30_011) - int(a*7919%30_011) })
		var got []uint64
		for after := (habilitation.ID{}); ; {
			page, next := feed(t, rows, consul, after, 50)
			got = append(got, page...)
			if after = next; next.IsZero() {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("one in %d: %d messages, want %d", every, len(got), len(want))
		}
	}
}

func TestLane(t *testing.T) {
	rows := search.NewRows()
	for seq := uint64(1); seq <= 10; seq++ {
		d := message(seq, time.UnixMicro(int64(seq)), habilitation.Unprotected, 1)
		d.Kind = search.Kinds[seq%3]
		rows.Append([]search.Document{d})
	}
	notes := func(r search.Row) bool { return r.Kind == search.Note }
	page, next, err := rows.FeedWhere(consul, notes, habilitation.ID{}, 2, nil)
	if err != nil || !slices.Equal(seqs(page), []uint64{10, 7}) || next != idOf(7) {
		t.Errorf("lane %v, next %v, %v", seqs(page), next, err)
	}
	if n := rows.Count(consul, notes); n != 4 {
		t.Errorf("count %d", n)
	}
	var all []uint64
	for row := range rows.Admitted(consul) {
		if all = append(all, row.Seq); len(all) == 3 {
			break
		}
	}
	if !slices.Equal(all, []uint64{10, 9, 8}) {
		t.Errorf("admitted %v", all)
	}
}

func TestHugeMarking(t *testing.T) {
	audiences := make([]habilitation.AudienceID, 40_000)
	for i := range audiences {
		audiences[i] = habilitation.AudienceID(i + 2)
	}
	rows := search.NewRows()
	for seq := uint64(1); seq <= 3; seq++ {
		d := message(seq, time.UnixMicro(int64(seq)), habilitation.Unprotected, 1)
		if seq == 2 {
			d.Marking = habilitation.NewMarking(habilitation.Unprotected, append(audiences, 1), nil, nil)
		}
		rows.Append([]search.Document{d})
	}
	if got, _ := feed(t, rows, consul, habilitation.ID{}, 5); !slices.Equal(got, []uint64{3, 2, 1}) {
		t.Errorf("feed %v", got)
	}
}

func TestSnapshot(t *testing.T) {
	rows := search.NewRows()
	for seq := uint64(1); seq <= 5000; seq++ {
		d := message(seq, time.UnixMicro(int64(seq*7919%5003)-2500), habilitation.Levels[seq%2], habilitation.AudienceID(1+seq%3))
		d.Imported, d.Origin = seq%5 == 0, habilitation.AudienceID(seq%7)
		rows.Append([]search.Document{d})
	}
	rows.Mark(idOf(17), habilitation.NewMarking(habilitation.Unprotected, []habilitation.AudienceID{1}, []habilitation.TagID{4}, []habilitation.AgentID{5}))
	var image bytes.Buffer
	if err := rows.Snapshot(&image, 6001); err != nil {
		t.Fatal(err)
	}
	again := search.NewRows()
	through, err := again.Restore(bytes.NewReader(image.Bytes()))
	if err != nil || through != 6001 {
		t.Fatalf("restore: through %d, %v", through, err)
	}
	for _, p := range []*habilitation.Perimeter{archivist, consul} {
		want, _, _ := rows.Feed(p, habilitation.ID{}, 6000, nil)
		got, _, _ := again.Feed(p, habilitation.ID{}, 6000, nil)
		if fmt.Sprintf("%+v", got) != fmt.Sprintf("%+v", want) {
			t.Errorf("the feed of %d rows changed", len(want))
		}
	}
	again.Append([]search.Document{message(5001, time.UnixMicro(9999), habilitation.Unprotected, 1)})
	if row, ok := again.Row(idOf(5001)); !ok || row.Seq != 5001 {
		t.Error("nothing can be appended to restored rows")
	}
}

func TestDamagedSnapshot(t *testing.T) {
	rows := search.NewRows()
	for seq := uint64(1); seq <= 20; seq++ {
		rows.Append([]search.Document{message(seq, time.UnixMicro(int64(seq)), habilitation.Unprotected, 1)})
	}
	var image bytes.Buffer
	if err := rows.Snapshot(&image, 20); err != nil {
		t.Fatal(err)
	}
	for at := range image.Len() {
		damaged := bytes.Clone(image.Bytes())
		damaged[at] ^= 0x40
		if _, err := search.NewRows().Restore(bytes.NewReader(damaged)); !errors.Is(err, search.ErrSnapshot) {
			t.Fatalf("byte %d changed: %v", at, err)
		}
		if _, err := search.NewRows().Restore(bytes.NewReader(image.Bytes()[:at])); !errors.Is(err, search.ErrSnapshot) {
			t.Fatalf("cut at %d: %v", at, err)
		}
	}
}

// TestReadersAndAWriter is for the race detector: whatever a reader is given was admitted at some moment of its reading.
func TestReadersAndAWriter(t *testing.T) {
	rows := search.NewRows()
	stop := make(chan struct{})
	var readers sync.WaitGroup
	for range 3 {
		readers.Add(1)
		go func() {
			defer readers.Done()
			var page []search.Row
			for {
				select {
				case <-stop:
					return
				default:
				}
				page, _, _ = rows.Feed(consul, habilitation.ID{}, 20, page[:0])
				for _, row := range page {
					if !consul.Admits(&row.Marking) {
						t.Errorf("%d was shown", row.Seq)
					}
				}
				v := rows.View(consul)
				for s := range v.All() {
					if row, ok := v.Row(s); ok && !consul.Admits(&row.Marking) {
						t.Errorf("%d was viewed", row.Seq)
					}
				}
				rows.Row(idOf(40))
			}
		}()
	}
	for seq := uint64(1); seq <= 9000; seq++ {
		at := int64(seq)
		if seq%100 == 0 {
			at = -at
		}
		rows.Append([]search.Document{message(seq, time.UnixMicro(at), habilitation.Levels[seq%2], habilitation.AudienceID(1+seq%2))})
		rows.Mark(idOf(1+seq/2), habilitation.NewMarking(habilitation.Levels[seq/2%2], []habilitation.AudienceID{habilitation.AudienceID(1 + seq%3)}, nil, nil))
	}
	close(stop)
	readers.Wait()
	count := 0
	for range rows.Admitted(consul) {
		count++
	}
	if n := rows.Count(consul, nil); n != count {
		t.Errorf("remembered %d, counted %d", n, count)
	}
}

func TestFeedAllocatesNothing(t *testing.T) {
	rows := search.NewRows()
	for seq := uint64(1); seq <= 1000; seq++ {
		rows.Append([]search.Document{message(seq, time.UnixMicro(int64(seq)), habilitation.Unprotected, 1)})
	}
	dst := make([]search.Row, 0, 50)
	if n := testing.AllocsPerRun(100, func() { dst, _, _ = rows.Feed(consul, habilitation.ID{}, 50, dst[:0]) }); n > 0 {
		t.Errorf("%v allocations a page", n)
	}
}
