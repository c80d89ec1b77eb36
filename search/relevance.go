package search

import "math"

// Relevance weighs how well a document answers, in the way of BM25 with three classes of frequency. All it counts is counted inside one perimeter, so
// the order of a reader's hits says nothing of what the reader may not see. Engines add the weights of the words of Query.Wanted in their order, so
// that every engine orders alike to the last bit.
type Relevance struct {
	count  float64 // admitted messages
	length float64 // their average length
}

// The constants of BM25 (Robertson and Zaragoza, The Probabilistic Relevance Framework, 2009, §3) and the frequencies that the classes stand for.
const (
	saturation    = 1.2
	normalisation = 0.75
	classTwice    = 2.3
	classFour     = 5
	subjectBonus  = 2 // a word of the subject counts as if it stood so many times more
)

// NewRelevance starts from how many messages the perimeter admits, and their lengths together.
func NewRelevance(count int, length uint64) Relevance {
	r := Relevance{count: float64(count), length: 1}
	if count > 0 && length > 0 {
		r.length = float64(length) / float64(count)
	}
	return r
}

// Rarity is the weight of a word that so many admitted messages have.
func (r Relevance) Rarity(documents int) float64 {
	return math.Log1p((r.count - float64(documents) + 0.5) / (float64(documents) + 0.5))
}

// Rarities weighs the words of one query by how many admitted messages have each. A word by itself weighs 1: its rarity orders nothing.
func (r Relevance) Rarities(documents []int) []float64 {
	if len(documents) == 1 {
		return []float64{1}
	}
	weights := make([]float64, len(documents))
	for i, n := range documents {
		weights[i] = r.Rarity(n)
	}
	return weights
}

// The scores of messages that have the number of a query: all that bear it themselves, the newest first, then all that have it from an addressee or
// have more to their number, then what only has its words. No sum of weights comes near them.
const (
	ScoreOwnNumber = 2e9
	ScoreNumber    = 1e9
)

// Class is how often a word stands in a document, as far as relevance cares.
type Class uint8

// The classes of frequency; InSubject is added to one of them.
const (
	ClassOnce Class = iota
	ClassTwice
	ClassFourTimes
	InSubject Class = 4
)

// ClassOf is the class of a count of at least one.
func ClassOf(count int, inSubject bool) Class {
	class := ClassOnce
	switch {
	case count >= FourTimes:
		class = ClassFourTimes
	case count >= Twice:
		class = ClassTwice
	}
	if inSubject {
		class |= InSubject
	}
	return class
}

// Weight is what one word adds to the score of a document that has it.
func (r Relevance) Weight(rarity float64, class Class, length uint32) float64 {
	frequency := 1.0
	switch class &^ InSubject {
	case ClassTwice:
		frequency = classTwice
	case ClassFourTimes:
		frequency = classFour
	}
	if class&InSubject != 0 {
		frequency += subjectBonus
	}
	norm := saturation * (1 - normalisation + normalisation*float64(length)/r.length)
	return float64(rarity*frequency*(saturation+1)) / (frequency + norm)
}
