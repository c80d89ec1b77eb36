package boltjournal_test

import (
	"testing"

	"chancery/archive/archivetest"
)

// TestSuiteSeesPlants plants each fault and wants the check named for it to fail; without a fault that check passes the
// same way.
func TestSuiteSeesPlants(t *testing.T) {
	checks := make(map[string]archivetest.Check)
	for _, check := range archivetest.Checks() {
		checks[check.Name] = check
	}
	passed := make(map[string]bool)
	for _, plant := range archivetest.Plants() {
		check := checks[plant.SeenBy]
		if check.Run == nil {
			t.Fatalf("%q: no check %q", plant.Name, plant.SeenBy)
		}
		failure := archivetest.Failure(t, check, func(t testing.TB) archivetest.Opener {
			return archivetest.Faulty(single(t), plant.Name)
		})
		if failure == "" {
			t.Errorf("%q is not seen by %q", plant.Name, plant.SeenBy)
		}
		if passed[plant.SeenBy] {
			continue
		}
		passed[plant.SeenBy] = true
		if failure := archivetest.Failure(t, check, single); failure != "" {
			t.Errorf("%q fails without a fault: %s", plant.SeenBy, failure)
		}
	}
}
