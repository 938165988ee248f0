// Reads a pod a line, as JSON, and prints what Pod Security admission's newest level "restricted" has against it: the
// ids of the checks that forbid it, sorted, with spaces between them; an empty line for a pod that it admits.
package main

import (
	"bufio"
	"fmt"
	"os"
	"sort"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
	"sigs.k8s.io/json"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "pod-security:", err)
		os.Exit(1)
	}
}

func run() error {
	level := api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}
	checks := policy.DefaultChecks()
	whole, err := policy.NewEvaluator(checks, nil)
	if err != nil {
		return err
	}
	// The results bear no ids, so each check that no other one takes the place of is asked alone too.
	overridden := map[policy.CheckID]bool{}
	for _, check := range checks {
		for _, id := range check.Versions[len(check.Versions)-1].OverrideCheckIDs {
			overridden[id] = true
		}
	}
	single := map[policy.CheckID]policy.Evaluator{}
	for _, check := range checks {
		if !overridden[check.ID] {
			if single[check.ID], err = policy.NewEvaluator([]policy.Check{check}, nil); err != nil {
				return err
			}
		}
	}

	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<24)
	for number := 1; lines.Scan(); number++ {
		var pod corev1.Pod
		if err := json.UnmarshalCaseSensitivePreserveInts(lines.Bytes(), &pod); err != nil {
			return fmt.Errorf("line %d: %w", number, err)
		}
		// As the API server does before it asks any admission plugin.
		for i := range pod.Spec.Volumes {
			if source := &pod.Spec.Volumes[i].VolumeSource; *source == (corev1.VolumeSource{}) {
				source.EmptyDir = &corev1.EmptyDirVolumeSource{}
			}
		}
		var ids []string
		for id, evaluator := range single {
			if forbids(evaluator.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec)) > 0 {
				ids = append(ids, string(id))
			}
		}
		if all := forbids(whole.EvaluatePod(level, &pod.ObjectMeta, &pod.Spec)); all != len(ids) {
			return fmt.Errorf("line %d: %d checks forbid it, alone %v do", number, all, ids)
		}
		sort.Strings(ids)
		fmt.Println(strings.Join(ids, " "))
	}
	return lines.Err()
}

func forbids(results []policy.CheckResult) (count int) {
	for _, result := range results {
		if !result.Allowed {
			count++
		}
	}
	return count
}
