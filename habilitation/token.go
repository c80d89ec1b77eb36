package habilitation

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	// AccessLife is how long an access token is good for.
	AccessLife = 10 * time.Minute

	tokenType     = "chancery-at+jwt"
	tokenAudience = "chancery"
	tokenLimit    = 4 << 10 // bytes
	tokenLeeway   = 5 * time.Second
	verifiedSize  = 1 << 14 // tokens remembered as verified
)

// errBadToken is for every token that is not, or is no longer, one of ours. Callers learn ErrNotAdmitted.
var errBadToken = errors.New("not an access token of this house")

// pass is what an access token says, and all that it says: who came in, in which session, and when they last proved who they are. No level, no group: those are read from the
// register at each request.
type pass struct {
	agent   AgentID
	session ID
	proved  int64 // when the password was last shown: seconds since 1970
	issued  time.Time
	expires time.Time
}

// passClaims are the claims of an access token.
type passClaims struct {
	jwt.RegisteredClaims
	Session string `json:"sid"`
	Proved  int64  `json:"auth"` // seconds since 1970
}

// minter signs access tokens and verifies them. The header is pinned to the byte: a token whose first part is not one of those that the
// house writes is refused before anything of it is decoded, so that no alg, typ, crit, jwk, jku or x5u of another's choosing is ever looked at.
type minter struct {
	issuer   string
	clock    func() time.Time
	newID    func() ID
	key      ed25519.PrivateKey
	kid      string
	keys     map[string]ed25519.PublicKey // by the encoded header of the tokens that the key verifies
	parser   *jwt.Parser
	undated  *jwt.Parser             // looks at the signature and not at the claims
	verified *recent[[32]byte, pass] // by the SHA-256 of the whole token
}

func newMinter(issuer string, key ed25519.PrivateKey, former []ed25519.PublicKey, clock func() time.Time, newID func() ID) *minter {
	m := &minter{issuer: issuer, clock: clock, newID: newID, key: key, keys: make(map[string]ed25519.PublicKey),
		verified: newRecent[[32]byte, pass](verifiedSize)}
	own := key.Public().(ed25519.PublicKey)
	m.kid = keyID(own)
	for _, public := range slices.Concat(former, []ed25519.PublicKey{own}) {
		m.keys[encodedHeader(keyID(public))] = public
	}
	m.parser = jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithExpirationRequired(), jwt.WithIssuedAt(),
		jwt.WithAudience(tokenAudience), jwt.WithIssuer(issuer), jwt.WithStrictDecoding(), jwt.WithLeeway(tokenLeeway), jwt.WithTimeFunc(clock))
	m.undated = jwt.NewParser(
		jwt.WithValidMethods([]string{jwt.SigningMethodEdDSA.Alg()}), jwt.WithStrictDecoding(), jwt.WithoutClaimsValidation())
	return m
}

// keyID names a verification key by its digest.
func keyID(public ed25519.PublicKey) string {
	sum := sha256.Sum256(public)
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}

// encodedHeader is the first part of every token signed by the key.
func encodedHeader(kid string) string {
	header, _ := json.Marshal(map[string]any{"alg": jwt.SigningMethodEdDSA.Alg(), "kid": kid, "typ": tokenType}) // texts only: cannot fail
	return base64.RawURLEncoding.EncodeToString(header)
}

// sign writes an access token for the family's session.
func (m *minter) sign(f Family) (string, error) {
	now := m.clock()
	proved := f.Proved
	if proved.After(now) { // the clock was set back
		proved = now
	}
	claims := passClaims{Session: f.Session.String(), Proved: proved.Unix(), RegisteredClaims: jwt.RegisteredClaims{
		Issuer: m.issuer, Subject: strconv.FormatUint(uint64(f.Agent), 10), Audience: jwt.ClaimStrings{tokenAudience},
		IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(AccessLife)), ID: m.newID().String()}}
	token := jwt.NewWithClaims(jwt.SigningMethodEdDSA, claims)
	token.Header = map[string]any{"alg": jwt.SigningMethodEdDSA.Alg(), "kid": m.kid, "typ": tokenType}
	signed, err := token.SignedString(m.key)
	if err != nil {
		return "", fmt.Errorf("sign access token: %w", err)
	}
	return signed, nil
}

// verify reads an access token. What was verified once is remembered by the digest of all its bytes; its dates are looked at every time.
func (m *minter) verify(access string) (pass, error) {
	digest, p, known, err := m.recall(access)
	if err != nil {
		return pass{}, err
	}
	if !known {
		if p, err = m.parse(access, m.parser); err != nil {
			return pass{}, err
		}
		m.verified.put(digest, p)
	}
	now := m.clock()
	if now.Add(tokenLeeway).Before(p.issued) || !now.Before(p.expires.Add(tokenLeeway)) {
		return pass{}, fmt.Errorf("%w: out of its dates", errBadToken)
	}
	return p, nil
}

// recognize reads an access token that the house signed, whatever its dates: nobody is admitted by it.
func (m *minter) recognize(access string) (pass, error) {
	_, p, known, err := m.recall(access)
	if known || err != nil {
		return p, err
	}
	return m.parse(access, m.undated)
}

// recall finds a token among those verified before, by its digest; one that is none of ours at first sight is refused.
func (m *minter) recall(access string) (digest [32]byte, p pass, known bool, err error) {
	if len(access) > tokenLimit || strings.ContainsFunc(access, notInToken) {
		return digest, pass{}, false, errBadToken
	}
	digest = sha256.Sum256([]byte(access))
	p, known = m.verified.get(digest)
	return digest, p, known, nil
}

// notInToken reports what base64url would skip or refuse, line breaks above all: one token has one spelling.
func notInToken(c rune) bool {
	return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.'
}

func (m *minter) parse(access string, parser *jwt.Parser) (pass, error) {
	header, _, _ := strings.Cut(access, ".")
	key, ok := m.keys[header]
	if !ok {
		return pass{}, fmt.Errorf("%w: header", errBadToken)
	}
	var claims passClaims
	if _, err := parser.ParseWithClaims(access, &claims, func(*jwt.Token) (any, error) { return key, nil }); err != nil {
		return pass{}, fmt.Errorf("%w: %w", errBadToken, err)
	}
	return readPass(&claims)
}

// readPass asks of the claims what the parser does not: that each is there, in the one spelling that sign gives it.
func readPass(claims *passClaims) (pass, error) {
	agent, err := strconv.ParseUint(claims.Subject, 10, 32)
	if err != nil || agent == 0 || strconv.FormatUint(agent, 10) != claims.Subject {
		return pass{}, fmt.Errorf("%w: subject", errBadToken)
	}
	session, err := ParseID(claims.Session)
	if err != nil || session.IsZero() {
		return pass{}, fmt.Errorf("%w: session", errBadToken)
	}
	if _, err := ParseID(claims.ID); err != nil {
		return pass{}, fmt.Errorf("%w: token identity", errBadToken)
	}
	if claims.IssuedAt == nil || claims.ExpiresAt == nil || claims.ExpiresAt.Sub(claims.IssuedAt.Time) > AccessLife || len(claims.Audience) != 1 {
		return pass{}, fmt.Errorf("%w: dates or audience", errBadToken)
	}
	if claims.Proved <= 0 || claims.Proved > claims.IssuedAt.Unix() {
		return pass{}, fmt.Errorf("%w: moment of the proof", errBadToken)
	}
	return pass{agent: AgentID(agent), session: session, proved: claims.Proved, issued: claims.IssuedAt.Time, expires: claims.ExpiresAt.Time}, nil
}
