package dev.leeway.stats;

import dev.leeway.LeewayException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The comparisons of a study, declared before their data are seen, and what makes one of them a finding: its p, corrected within its
 * family, is at most alpha.
 *
 * @param declared each with another name; a family is all primary, all secondary, or all exploratory
 * @param alpha chance of a false finding, of a family as the correction bounds it
 * @param correction inside each family
 */
public record Contrasts(List<Contrast> declared, double alpha, Correction correction) {

    /** What a contrast is for. */
    public enum Role {
        /** The study's question. */
        PRIMARY,
        /** Also asked beforehand. */
        SECONDARY,
        /** Looked at afterwards: it may suggest a study, and is never a finding of this one. */
        EXPLORATORY
    }

    /**
     * A comparison of two arms.
     *
     * @param name in the report
     * @param role what it is for
     * @param family contrasts that are corrected together
     * @param unit what the claim is about
     */
    public record Contrast(String name, Role role, String family, PairedRuns.Unit unit) {
    }

    /**
     * What was found of a contrast.
     *
     * @param contrast the contrast
     * @param result difference, interval at 1 − alpha (of this contrast alone), and p
     * @param adjusted p, corrected within the family
     * @param significant whether it is at most alpha, and the contrast not exploratory
     */
    public record Finding(Contrast contrast, TestResult result, double adjusted, boolean significant) {
    }

    /** Checks names and families. */
    public Contrasts {
        declared = List.copyOf(declared);
        Check.share("alpha", alpha);
        var names = new HashSet<String>();
        var roles = new HashMap<String, Role>();
        for (var contrast : declared) {
            if (!names.add(contrast.name())) {
                throw LeewayException.usage("two contrasts are called %s; name each differently", contrast.name());
            }
            var role = roles.putIfAbsent(contrast.family(), contrast.role());
            if (role != null && role != contrast.role()) {
                throw LeewayException.usage("family %s has a contrast that is %s and one, %s, that is %s; corrected together they would "
                    + "weaken each other: give them families of their own", contrast.family(), role, contrast.name(), contrast.role());
            }
        }
    }

    /**
     * Tests all of them, in their order.
     *
     * @param data of each contrast, by its name: no more and no fewer than were declared, since a family's size decides its correction
     */
    public List<Finding> judge(Map<String, PairedRuns> data) {
        requireAll(data);
        var families = new LinkedHashMap<String, List<Contrast>>();
        declared.forEach(contrast -> families.computeIfAbsent(contrast.family(), _ -> new ArrayList<>()).add(contrast));
        var found = new HashMap<String, Finding>();
        for (var family : families.values()) {
            var results = family.stream().map(contrast -> data.get(contrast.name()).test(contrast.unit(), 1 - alpha)).toList();
            var adjusted = correction.adjust(results.stream().mapToDouble(TestResult::p).toArray());
            for (int i = 0; i < adjusted.length; i++) {
                var contrast = family.get(i);
                found.put(contrast.name(), new Finding(contrast, results.get(i), adjusted[i],
                    contrast.role() != Role.EXPLORATORY && adjusted[i] <= alpha));
            }
        }
        return declared.stream().map(contrast -> found.get(contrast.name())).toList();
    }

    private void requireAll(Map<String, PairedRuns> data) {
        for (var contrast : declared) {
            if (!data.containsKey(contrast.name())) {
                throw LeewayException.data("contrast %s was declared and has no data; evaluate its arms, or declare it no more, which "
                    + "makes another plan", contrast.name());
            }
        }
        for (var name : data.keySet()) {
            if (declared.stream().noneMatch(contrast -> contrast.name().equals(name))) {
                throw LeewayException.data("%s has data and was never declared; declare it as exploratory, in a family of its own", name);
            }
        }
    }
}
