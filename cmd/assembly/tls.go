package assembly

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// certificateYears is how long the self-signed certificate holds: long, because who uses it has accepted this very certificate.
const certificateYears = 5

// makeCertificate writes a self-signed certificate and its key.
func makeCertificate(certificatePath, keyPath string, hosts []string, now time.Time) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make TLS key: %w", err)
	}
	hosts = append([]string{"localhost", "127.0.0.1", "::1"}, hosts...)
	if name, err := os.Hostname(); err == nil {
		hosts = append(hosts, name)
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: hosts[len(hosts)-1]}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(certificateYears, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}, BasicConstraintsValid: true,
	}
	slices.Sort(hosts)
	for _, host := range slices.Compact(hosts) {
		if ip := net.ParseIP(host); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, host)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return fmt.Errorf("make TLS certificate: %w", err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("make TLS key: %w", err)
	}
	if err := writeFile(certificatePath, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})); err != nil {
		return err
	}
	return writeFile(keyPath, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}))
}

// place is a configured path, relative to the folder unless it is absolute.
func place(folder, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(folder, path)
}

// TLS reports whether the house answers by TLS on an address, and with what: not on a loopback address unless the configuration
// says always. Any other address has TLS, always.
func (h *House) TLS(address string) (*tls.Config, error) {
	if h.Config.TLS != "always" && isLoopback(address) {
		return nil, nil
	}
	return h.certificate()
}

// certificate is the house's certificate of TLS.
func (h *House) certificate() (*tls.Config, error) {
	files := map[string]string{"certificate": place(h.Folder, h.Config.Certificate), "certificate_key": place(h.Folder, h.Config.CertificateKey)}
	for _, key := range []string{"certificate", "certificate_key"} {
		if _, err := os.Stat(files[key]); err != nil {
			return nil, h.Config.fault(key, err)
		}
	}
	certificate, err := tls.LoadX509KeyPair(files["certificate"], files["certificate_key"])
	if err != nil {
		return nil, h.Config.fault("certificate", fmt.Errorf("with certificate_key: %w", err))
	}
	return &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12}, nil
}

// isLoopback reports whether nobody outside the machine can reach the address.
func isLoopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}
