package dev.leeway.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.stats.Contrasts.Contrast;
import dev.leeway.stats.Contrasts.Finding;
import dev.leeway.stats.Contrasts.Role;
import dev.leeway.stats.PairedRuns.Unit;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ContrastsTest {

    private static final Contrasts PLAN = new Contrasts(List.of(contrast("weak", Role.PRIMARY, "main"),
        contrast("other", Role.SECONDARY, "side"), contrast("strong", Role.PRIMARY, "main"), contrast("seen", Role.EXPLORATORY, "later")),
        0.05, Correction.HOLM);

    private static Contrast contrast(String name, Role role, String family) {
        return new Contrast(name, role, family, Unit.ITEMS);
    }

    /** Thirty items with standard deviation 1, give or take. */
    private static PairedRuns differing(double by) {
        var differences = Reference.v(0, 30);
        double mean = Sample.mean(differences);
        double deviation = Math.sqrt(Sample.variance(differences));
        return new PairedRuns(new double[][] {Arrays.stream(differences).map(value -> (value - mean) / deviation + by).toArray()}, 0);
    }

    private static Map<String, PairedRuns> data() {
        return Map.of("weak", differing(0.4), "strong", differing(1), "other", differing(0.4), "seen", differing(2));
    }

    /** .4 √30 = 2.19 has p = .037: alone it is a finding; as one of two, with the other found first, Holm leaves it as it is. */
    @Test
    void correctionsStayInsideTheirFamily() {
        var found = PLAN.judge(data());
        assertEquals(List.of("weak", "other", "strong", "seen"), found.stream().map(finding -> finding.contrast().name()).toList());
        double alone = found.get(1).result().p();
        assertEquals(0.0366, alone, 5e-5);
        assertEquals(alone, found.get(1).adjusted(), 1e-15);
        assertEquals(alone, found.get(0).adjusted(), 1e-15);
        assertEquals(2 * found.get(2).result().p(), found.get(2).adjusted(), 1e-15);
        assertTrue(found.get(0).significant() && found.get(1).significant() && found.get(2).significant());
        var bonferroni = new Contrasts(PLAN.declared(), 0.05, Correction.BONFERRONI).judge(data());
        assertFalse(bonferroni.get(0).significant(), "2 × .037");
        assertTrue(bonferroni.get(1).significant(), "alone in its family");
    }

    @Test
    void whatIsSeenAfterwardsIsNoFinding() {
        var seen = PLAN.judge(data()).get(3);
        assertTrue(seen.adjusted() < 1e-6);
        assertFalse(seen.significant());
    }

    @Test
    void anIntervalIsAtOneLessAlpha() {
        var strict = new Contrasts(List.of(contrast("weak", Role.PRIMARY, "main")), 0.01, Correction.NONE);
        var found = strict.judge(Map.of("weak", differing(0.4))).getFirst();
        assertTrue(found.result().interval().contains(0));
        assertEquals(0.4 - TTest.quantile(29, 0.99) / Math.sqrt(30), found.result().interval().low(), 1e-12);
    }

    @Test
    void aFamilyHasOneRoleAndANameOneContrast() {
        var mixed = assertThrows(LeewayException.class, () -> new Contrasts(List.of(contrast("a", Role.PRIMARY, "main"),
            contrast("b", Role.EXPLORATORY, "main")), 0.05, Correction.HOLM));
        assertTrue(mixed.getMessage().contains("main") && mixed.getMessage().contains("EXPLORATORY"), mixed.getMessage());
        assertThrows(LeewayException.class, () -> new Contrasts(List.of(contrast("a", Role.PRIMARY, "main"),
            contrast("a", Role.PRIMARY, "main")), 0.05, Correction.HOLM));
    }

    /** A family that lost a member would be corrected too little, and one that won a member never was sealed. */
    @Test
    void dataAndDeclarationsMustMatch() {
        var fewer = new java.util.HashMap<>(data());
        fewer.remove("other");
        var missing = assertThrows(LeewayException.class, () -> PLAN.judge(fewer));
        assertTrue(missing.getMessage().contains("other was declared and has no data"), missing.getMessage());
        var more = new java.util.HashMap<>(data());
        more.put("new", differing(3));
        var undeclared = assertThrows(LeewayException.class, () -> PLAN.judge(more));
        assertTrue(undeclared.getMessage().contains("new has data and was never declared"), undeclared.getMessage());
    }

    /** Families of four true nulls, three runs each: any finding in 5 % of studies at most. */
    @Test
    void studiesOfNothingFindSomethingIn5Percent() {
        var plan = new Contrasts(List.of("a", "b", "c", "d").stream()
            .map(name -> new Contrast(name, Role.PRIMARY, "main", Unit.RUNS)).toList(), 0.05, Correction.HOLM);
        double any = Simulation.share(random -> {
            var data = new java.util.HashMap<String, PairedRuns>();
            plan.declared().forEach(contrast -> data.put(contrast.name(), new PairedRuns(new double[][] {Simulation.normal(random, 8, 1),
                Simulation.normal(random, 8, 1), Simulation.normal(random, 8, 1)}, 0)));
            return plan.judge(data).stream().anyMatch(Finding::significant);
        });
        assertTrue(any >= 0.0437 && any <= 0.0549, "1 − (1 − .05 / 4)^4 = 4.91 % ± 2.6 standard deviations: " + any);
    }
}
