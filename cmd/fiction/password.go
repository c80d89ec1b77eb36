package fiction

import (
	"crypto/rand"
	"io"
)

// The letters of made-up passwords: none that is easily misread, and each pair can be said.
const (
	consonants = "bdfgjklmnprstvz" // 15
	vowels     = "aeiou"           // 5
)

// Password makes up a password that can be read aloud: four groups of two syllables, 19 characters and 49 bits. The bytes come from
// random, or from the operating system when it is nil.
func Password(random io.Reader) string { return spoken(random, 4) }

// spoken is a number of groups such as "bado", joined by hyphens.
func spoken(random io.Reader, groups int) string {
	if random == nil {
		random = rand.Reader
	}
	var out []byte
	for g := range groups {
		if g > 0 {
			out = append(out, '-')
		}
		for range 2 {
			out = append(out, consonants[below(random, len(consonants))], vowels[below(random, len(vowels))])
		}
	}
	return string(out)
}

// below draws a number under n, each as likely as the others.
func below(random io.Reader, n int) int {
	limit := byte(256 / n * n % 256) // 0 when n divides 256
	var one [1]byte
	for {
		if _, err := io.ReadFull(random, one[:]); err != nil {
			panic("fiction: source of randomness at its end: " + err.Error()) // neither the operating system nor a generator ends
		}
		if limit == 0 || one[0] < limit {
			return int(one[0]) % n
		}
	}
}
