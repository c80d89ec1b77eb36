package habilitation_test

import (
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"chancery/habilitation"
)

// claims are the claims of a good token for the session, to be spoiled.
func (h *house) claims(session habilitation.Session) jwt.MapClaims {
	now := h.clock()
	return jwt.MapClaims{"iss": "https://chancery.test", "aud": "chancery", "sub": "2", "sid": session.Badge.Session().String(),
		"jti": h.newID().String(), "auth": now.Unix(), "iat": now.Unix(), "exp": now.Add(10 * time.Minute).Unix()}
}

// header is the header of the session's own token.
func header(access string) map[string]any {
	first, _, _ := strings.Cut(access, ".")
	raw, err := base64.RawURLEncoding.DecodeString(first)
	if err != nil {
		panic(err)
	}
	var header map[string]any
	if err := json.Unmarshal(raw, &header); err != nil {
		panic(err)
	}
	return header
}

// forge signs whatever header and claims with whatever method and key.
func forge(t testing.TB, method jwt.SigningMethod, key any, header map[string]any, claims jwt.MapClaims) string {
	t.Helper()
	token := jwt.NewWithClaims(method, claims)
	token.Header = header
	access, err := token.SignedString(key)
	if err != nil {
		t.Fatal(err)
	}
	return access
}

// rawToken signs parts given to the byte with the house's own key.
func (h *house) rawToken(header, claims string) string {
	signed := segment([]byte(header)) + "." + segment([]byte(claims))
	return signed + "." + segment(ed25519.Sign(h.key, []byte(signed)))
}

func segment(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func with[M ~map[string]any](m M, key string, value any) M {
	changed := maps.Clone(m)
	if value == nil {
		delete(changed, key)
	} else {
		changed[key] = value
	}
	return changed
}

// forgeries are tokens that somebody who knows everything but the key would try (INV-11), then those that the house's own key signed but
// that are not its access tokens.
func (h *house) forgeries(session habilitation.Session) map[string]string {
	t, own := h.TB, session.Access
	good, claims := header(own), h.claims(session)
	eddsa := func(header map[string]any, claims jwt.MapClaims) string {
		return forge(t, jwt.SigningMethodEdDSA, h.key, header, claims)
	}
	if _, err := h.authority.Admit(t.Context(), eddsa(good, claims)); err != nil {
		t.Fatalf("the token that forgeries spoil is itself refused: %v", err)
	}
	forged := map[string]string{
		"empty": "", "dots": "..", "one part": "abc", "two parts": strings.Join(strings.Split(own, ".")[:2], "."), "four parts": own + ".x",
		"no signature": own[:strings.LastIndex(own, ".")+1], "blank before": " " + own, "line after": own + "\n",
		"line inside": own[:len(own)-4] + "\n" + own[len(own)-4:], "padded": own + "=", "too long": own + strings.Repeat("A", 4<<10),
		"refresh token": session.Refresh, "bearer and all": "Bearer " + own,
	}
	for what, value := range map[string]any{"iss": "https://other.test", "aud": "other", "exp": h.clock().Add(-time.Minute).Unix(), "iat": h.clock().Add(time.Minute).Unix(),
		"auth": h.clock().Add(time.Second).Unix(), "sub": "0", "sid": habilitation.ID{}.String(), "jti": "1", "nbf": h.clock().Add(time.Minute).Unix()} {
		forged["wrong "+what] = eddsa(good, with(claims, what, value))
		forged["no "+what] = eddsa(good, with(claims, what, nil))
	}
	delete(forged, "no nbf") // the house writes none
	for what, c := range map[string]jwt.MapClaims{
		"another agent":         with(claims, "sub", "1"),
		"agent with a zero":     with(claims, "sub", "02"),
		"negative agent":        with(claims, "sub", "-2"),
		"agent beyond 32 bits":  with(claims, "sub", "4294967298"),
		"agent as a number":     with(claims, "sub", 2),
		"unknown session":       with(claims, "sid", habilitation.ID{0xab}.String()),
		"session in upper case": with(claims, "sid", strings.ToUpper(claims["sid"].(string))+"A"),
		"two audiences":         with(claims, "aud", []string{"chancery", "other"}),
		"good for eleven":       with(claims, "exp", h.clock().Add(11*time.Minute).Unix()),
		"good for ever":         with(claims, "exp", 1<<40),
		"proof at no time":      with(claims, "auth", 0),
		"proof as a text":       with(claims, "auth", "1"),
		"exp as a text":         with(claims, "exp", "9999999999"),
		"exp of null":           with(claims, "exp", json.RawMessage("null")),
		"exp too large":         with(claims, "exp", json.RawMessage("1e400")),
	} {
		forged[what] = eddsa(good, c)
	}
	maps.Copy(forged, h.otherKeys(good, claims))
	maps.Copy(forged, h.otherHeaders(good, claims))
	return forged
}

// otherKeys signs good claims with what is not the house's key, or not as EdDSA.
func (h *house) otherKeys(good map[string]any, claims jwt.MapClaims) map[string]string {
	t := h.TB
	_, stranger, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	modulus, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	public := []byte(h.key.Public().(ed25519.PublicKey))
	none := with(good, "alg", "none")
	forged := map[string]string{
		"stranger's key":                  forge(t, jwt.SigningMethodEdDSA, stranger, good, claims),
		"alg none":                        forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, none, claims),
		"alg None":                        forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, with(good, "alg", "None"), claims),
		"alg NONE without kid":            forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, map[string]any{"alg": "NONE", "typ": good["typ"]}, claims),
		"unsigned under the good header":  forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good, claims),
		"HMAC with the public key":        forge(t, jwt.SigningMethodHS256, public, with(good, "alg", "HS256"), claims),
		"HMAC under the good header":      forge(t, jwt.SigningMethodHS256, public, good, claims),
		"HMAC with nothing":               forge(t, jwt.SigningMethodHS256, []byte{}, with(good, "alg", "HS256"), claims),
		"HMAC of 512 with the public key": forge(t, jwt.SigningMethodHS512, public, with(good, "alg", "HS512"), claims),
		"ES256":                           forge(t, jwt.SigningMethodES256, curve, with(good, "alg", "ES256"), claims),
		"ES256 under the good header":     forge(t, jwt.SigningMethodES256, curve, good, claims),
		"RS256":                           forge(t, jwt.SigningMethodRS256, modulus, with(good, "alg", "RS256"), claims),
		"PS256":                           forge(t, jwt.SigningMethodPS256, modulus, with(good, "alg", "PS256"), claims),
		"stranger's key in jwk":           forge(t, jwt.SigningMethodEdDSA, stranger, with(good, "jwk", jwk(stranger)), claims),
		"stranger's key in jwk, own kid":  forge(t, jwt.SigningMethodEdDSA, stranger, with(with(good, "jwk", jwk(stranger)), "kid", "mine"), claims),
	}
	mac := hmac.New(sha256.New, public)
	mac.Write([]byte("x"))
	forged["random signature"] = forge(t, jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good, claims) + segment(mac.Sum(mac.Sum(nil)))
	return forged
}

func jwk(key ed25519.PrivateKey) map[string]string {
	return map[string]string{"kty": "OKP", "crv": "Ed25519", "x": segment(key.Public().(ed25519.PublicKey))}
}

// otherHeaders are signed with the house's own key under headers that it does not write.
func (h *house) otherHeaders(good map[string]any, claims jwt.MapClaims) map[string]string {
	payload, err := json.Marshal(claims)
	if err != nil {
		h.Fatal(err)
	}
	forged := map[string]string{
		"alg twice":               h.rawToken(`{"alg":"EdDSA","alg":"none","kid":"`+good["kid"].(string)+`","typ":"chancery-at+jwt"}`, string(payload)),
		"header in another order": h.rawToken(`{"typ":"chancery-at+jwt","alg":"EdDSA","kid":"`+good["kid"].(string)+`"}`, string(payload)),
		"header with blanks":      h.rawToken(`{"alg": "EdDSA","kid":"`+good["kid"].(string)+`","typ":"chancery-at+jwt"}`, string(payload)),
		"header of null":          h.rawToken(`null`, string(payload)),
		"header of a list":        h.rawToken(`[]`, string(payload)),
		"empty header":            h.rawToken(`{}`, string(payload)),
	}
	for what, header := range map[string]map[string]any{
		"typ of a plain token":  with(good, "typ", "JWT"),
		"typ of an identity":    with(good, "typ", "at+jwt"),
		"typ in upper case":     with(good, "typ", "CHANCERY-AT+JWT"),
		"no typ":                with(good, "typ", nil),
		"no kid":                with(good, "kid", nil),
		"unknown kid":           with(good, "kid", "other"),
		"kid of a path":         with(good, "kid", "../../dev/null"),
		"kid of a query":        with(good, "kid", "' OR 1=1 --"),
		"kid as a number":       with(good, "kid", 1),
		"unknown crit":          with(good, "crit", []string{"exp"}),
		"empty crit":            with(good, "crit", []string{}),
		"jwk":                   with(good, "jwk", jwk(h.key)),
		"jku":                   with(good, "jku", "https://other.test/keys"),
		"x5u":                   with(good, "x5u", "https://other.test/chain"),
		"x5c":                   with(good, "x5c", []string{"MIIB"}),
		"zip":                   with(good, "zip", "DEF"),
		"cty":                   with(good, "cty", "JWT"),
		"b64":                   with(good, "b64", false),
		"alg in lower case":     with(good, "alg", "eddsa"),
		"alg by its curve":      with(good, "alg", "Ed25519"),
		"a level in the header": with(good, "lvl", "restricted"),
	} {
		forged[what] = forge(h.TB, jwt.SigningMethodEdDSA, h.key, header, claims)
	}
	return forged
}

func TestForgedTokensAreRefused(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("second", h.secret)
	forged := h.forgeries(session)
	if len(forged) < 70 {
		t.Fatalf("only %d forgeries", len(forged))
	}
	for _, reopened := range []bool{false, true} { // with and without a good token remembered
		if reopened {
			h.reopen()
		}
		for name, access := range forged {
			badge, err := h.authority.Admit(t.Context(), access)
			h.wantNotAdmitted(name, err)
			if badge != (habilitation.Badge{}) {
				t.Errorf("%s: a badge came with the refusal", name)
			}
		}
	}
	h.wantAdmitted(session.Access)
}

// TestTokensHaveOneSpelling changes each character of a good token to some others, and the last one of each part, which has unused bits,
// to every other.
func TestRunOutTokensAreRecognizedWhileTheSessionLives(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("second", h.secret)
	good, signature := session.Access, strings.LastIndex(session.Access, ".")
	h.pass(11 * time.Minute)
	for _, access := range []string{"", "..", session.Refresh, good[:signature+1], good[:signature+1] + segment(make([]byte, ed25519.SignatureSize))} {
		if h.authority.Recognizes(t.Context(), access) {
			t.Errorf("recognized %q", access)
		}
	}
	_, err := h.authority.Admit(t.Context(), good)
	h.wantNotAdmitted("run out", err)
	h.reopen() // forgets what it verified
	if !h.authority.Recognizes(t.Context(), good) {
		t.Error("a living session is not recognized")
	}
	_, err = h.authority.Admit(t.Context(), good)
	h.wantNotAdmitted("recognized", err)
	if err := h.authority.EndSessions(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if h.authority.Recognizes(t.Context(), good) {
		t.Error("recognized when the session had ended")
	}
}

func TestTokensHaveOneSpelling(t *testing.T) {
	h := newHouse(t)
	access := h.signIn("second", h.secret).Access
	for i := range access {
		tried := "AB._-9z"
		if i == len(access)-1 || access[i+1] == '.' {
			tried = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.+/= \n"
		}
		for _, c := range []byte(tried) {
			if access[i] == c {
				continue
			}
			changed := access[:i] + string(c) + access[i+1:]
			if _, err := h.authority.Admit(t.Context(), changed); err == nil {
				t.Fatalf("admitted with %q at %d", c, i)
			}
		}
	}
}

func TestTokensSayWhoAndNothingOfRights(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("second", h.secret)
	parts := strings.Split(session.Access, ".")
	raw, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var said map[string]any
	if err := json.Unmarshal(raw, &said); err != nil {
		t.Fatal(err)
	}
	for _, claim := range []string{"iss", "sub", "aud", "sid", "jti", "auth", "iat", "exp"} {
		if said[claim] == nil {
			t.Errorf("no %s", claim)
		}
		delete(said, claim)
	}
	if len(said) > 0 {
		t.Errorf("also %v", said)
	}
}

func TestFormerKeysStillVerify(t *testing.T) {
	h := newHouse(t)
	session := h.signIn("second", h.secret)
	old := h.key.Public().(ed25519.PublicKey)
	h.config.Key = ed25519.NewKeyFromSeed([]byte("another seed of thirty-two bytes"))
	h.reopen()
	_, err := h.authority.Admit(t.Context(), session.Access)
	h.wantNotAdmitted("a key that is neither own nor former", err)
	h.config.Former = []ed25519.PublicKey{old}
	h.reopen()
	h.wantAdmitted(session.Access)
	h.wantAdmitted(h.signIn("second", "").Access)
}

func FuzzAdmit(f *testing.F) {
	h := newHouse(f)
	session := h.signIn("second", h.secret)
	f.Add(session.Access)
	for _, access := range h.forgeries(session) {
		f.Add(access)
	}
	f.Fuzz(func(t *testing.T, access string) {
		if badge, err := h.authority.Admit(t.Context(), access); err == nil && access != session.Access {
			t.Fatalf("admitted %q as agent %d", access, badge.Agent())
		}
	})
}
