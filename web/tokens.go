package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"

	"github.com/gofiber/fiber/v2"

	"chancery/habilitation"
)

// nonceKey is where the nonce of the answer is kept.
const nonceKey = "nonce"

// nonce is the answer's own: 128 bits, drawn once per request.
func (s *Server) nonce(c *fiber.Ctx) string {
	if nonce, ok := c.Locals(nonceKey).(string); ok {
		return nonce
	}
	nonce := s.randomText(16)
	c.Locals(nonceKey, nonce)
	return nonce
}

// randomText draws n bytes and writes them in base64.
func (s *Server) randomText(n int) string {
	raw := make([]byte, n)
	if _, err := s.random.Read(raw); err != nil {
		panic(fmt.Sprintf("draw random bytes: %v", err)) // a nonce that can be guessed is worse than no answer
	}
	return base64.RawURLEncoding.EncodeToString(raw)
}

// formToken is what a form of this session must bring back: a digest of the session's identity, which no page shows and no other site
// can read, under a fresh mask each time, so that compressing pages tells nothing about it. It outlives a refresh of the pass.
func (s *Server) formToken(session habilitation.ID) string {
	token := formDigest(session)
	masked := make([]byte, 2*len(token))
	if _, err := s.random.Read(masked[:len(token)]); err != nil {
		panic(fmt.Sprintf("draw random bytes: %v", err))
	}
	subtle.XORBytes(masked[len(token):], masked[:len(token)], token[:])
	return base64.RawURLEncoding.EncodeToString(masked)
}

func formDigest(session habilitation.ID) [32]byte {
	return sha256.Sum256(append([]byte("chancery form token\x00"), session[:]...))
}

// checkFormToken refuses a form that this session's pages did not hand out.
func checkFormToken(session habilitation.ID, token string) error {
	stale := &problem{status: fiber.StatusForbidden, key: "form-token"}
	masked, err := base64.RawURLEncoding.DecodeString(token)
	want := formDigest(session)
	if session.IsZero() || err != nil || len(masked) != 2*len(want) {
		return stale
	}
	got := make([]byte, len(want))
	subtle.XORBytes(got, masked[:len(want)], masked[len(want):])
	if subtle.ConstantTimeCompare(got, want[:]) != 1 {
		return stale
	}
	return nil
}
