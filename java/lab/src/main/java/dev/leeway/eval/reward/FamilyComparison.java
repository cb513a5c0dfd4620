package dev.leeway.eval.reward;

import dev.leeway.LeewayException;
import dev.leeway.eval.reward.ProbePrompt.Framing;
import dev.leeway.stats.Correction;
import dev.leeway.stats.Permutation;
import dev.leeway.stats.Sample;
import dev.leeway.stats.TTest;
import dev.leeway.stats.TestResult;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Whether two families of models rank a category differently: over (model, prompt) pairs of one framing, as the paper compares them. Those
 * pairs are no independent replicates (the prompts are variants of one another, and the words the same), so {@code modelsP} permutes whole
 * models as well; it is the one to believe.
 *
 * @param category of words
 * @param framing of prompts
 * @param first the family whose name comes first
 * @param second the other one
 * @param welch Welch's t of the difference
 * @param p two-sided, values permuted
 * @param bonferroni the same, corrected for all comparisons made together
 * @param modelsP two-sided, models permuted, each with its mean over prompts; NaN with fewer than two models a family
 */
public record FamilyComparison(String category, Framing framing, Group first, Group second, TestResult welch, double p, double bonferroni,
        double modelsP) {

    private static final double LEVEL = 0.95;

    /**
     * A family's side.
     *
     * @param family its name
     * @param models how many
     * @param values median ranks, one a model and prompt
     */
    public record Group(String family, int models, double[] values) {

        private static Group of(String family, List<CategoryRank> ranks) {
            return new Group(family, (int) ranks.stream().map(CategoryRank::model).distinct().count(),
                ranks.stream().mapToDouble(CategoryRank::median).toArray());
        }

        /** Of its values. */
        public double mean() {
            return Sample.mean(values);
        }
    }

    /**
     * One a framing and category, in that order.
     *
     * @param ranks of models of two families
     * @param test how p is found
     * @throws LeewayException if there are other than two families, or fewer than two values of one
     */
    public static List<FamilyComparison> of(Collection<CategoryRank> ranks, Permutation test) {
        var families = ranks.stream().map(CategoryRank::family).distinct().sorted().toList();
        if (families.size() != 2) {
            throw LeewayException.data("models of two families are compared; got %s", families);
        }
        var compared = new ArrayList<FamilyComparison>();
        for (var framing : Framing.values()) {
            for (var category : ranks.stream().map(CategoryRank::category).distinct().toList()) {
                var cell = ranks.stream().filter(rank -> rank.category().equals(category) && rank.prompt().framing() == framing)
                    .collect(Collectors.groupingBy(CategoryRank::family));
                if (cell.size() == 2) {
                    compared.add(of(cell.get(families.getFirst()), cell.get(families.getLast()), test));
                }
            }
        }
        return corrected(compared);
    }

    private static FamilyComparison of(List<CategoryRank> first, List<CategoryRank> second, Permutation test) {
        var a = Group.of(first.getFirst().family(), first);
        var b = Group.of(second.getFirst().family(), second);
        double p = test.welch(a.values(), b.values());
        double modelsP = Math.min(a.models(), b.models()) < 2 ? Double.NaN : test.welch(means(first), means(second));
        return new FamilyComparison(first.getFirst().category(), first.getFirst().prompt().framing(), a, b,
            TTest.welch(a.values(), b.values(), LEVEL), p, p, modelsP);
    }

    /** Of each model, in the order of names. */
    private static double[] means(List<CategoryRank> ranks) {
        return ranks.stream().collect(Collectors.groupingBy(CategoryRank::model, TreeMap::new,
            Collectors.averagingDouble(CategoryRank::median))).values().stream().mapToDouble(mean -> mean).toArray();
    }

    private static List<FamilyComparison> corrected(List<FamilyComparison> compared) {
        var adjusted = Correction.BONFERRONI.adjust(compared.stream().mapToDouble(FamilyComparison::p).toArray());
        var corrected = new ArrayList<FamilyComparison>();
        for (int i = 0; i < adjusted.length; i++) {
            var one = compared.get(i);
            corrected.add(new FamilyComparison(one.category, one.framing, one.first, one.second, one.welch, one.p, adjusted[i],
                one.modelsP));
        }
        return List.copyOf(corrected);
    }
}
