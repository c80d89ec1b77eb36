package fiction

import (
	"context"
	"path/filepath"
	"testing"

	"chancery/cmd/assembly"
	"chancery/habilitation"
)

// small is a house that is quick to make.
var small = Size{Agents: 40, Groups: 8, Communities: 4, Tags: 30, Messages: 120, Seed: 7}

func tellHouse(t testing.TB, size Size) (*assembly.House, *Generated) {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "house")
	if err := assembly.Init(context.Background(), folder, assembly.InitOptions{Name: "Maison inventée", Domain: "invente.example"}); err != nil {
		t.Fatal(err)
	}
	house, err := assembly.Open(context.Background(), folder, assembly.Options{SigningLimit: Patience})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = house.Close() })
	g, err := Populate(context.Background(), house.Chancery, house.Authority, size, func(int, int) {})
	if err != nil {
		t.Fatal(err)
	}
	added, err := g.Tell(context.Background(), func(int) {}, func(int) {})
	if err != nil || added != size.Messages {
		t.Fatalf("told %d of %d: %v", added, size.Messages, err)
	}
	return house, g
}

func TestSameSeedTellsTheSame(t *testing.T) {
	one, g := tellHouse(t, small)
	other, _ := tellHouse(t, small)
	for number := range small.Messages {
		id := g.id("message", number)
		a, inOne := one.Chancery.Folds.Rows.Row(id)
		b, inOther := other.Chancery.Folds.Rows.Row(id)
		if !inOne || !inOther {
			t.Fatalf("message %d is missing: %v, %v", number, inOne, inOther)
		}
		if string32(a.Marking) != string32(b.Marking) {
			t.Fatalf("message %d is marked otherwise", number)
		}
	}
	again, err := g.Tell(t.Context(), func(int) {}, func(int) {})
	if err != nil || again != 0 {
		t.Errorf("told again: %d, %v", again, err)
	}
	if _, err := Populate(t.Context(), one.Chancery, one.Authority, Size{Agents: 40, Groups: 8, Communities: 4, Tags: 30, Seed: 8}, func(int, int) {}); err == nil {
		t.Error("another seed was taken")
	}
}

func string32(m habilitation.Marking) string {
	var b []byte
	for _, w := range m.AppendWords(nil) {
		b = append(b, byte(w), byte(w>>8), byte(w>>16), byte(w>>24))
	}
	return string(b)
}

func BenchmarkTell(b *testing.B) {
	size := Size{Agents: 2000, Groups: 100, Communities: 60, Tags: 500, Messages: 3000, Seed: 1}
	for b.Loop() {
		tellHouse(b, size)
	}
	b.ReportMetric(float64(size.Messages), "messages/op")
}
