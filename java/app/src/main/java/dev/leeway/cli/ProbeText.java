package dev.leeway.cli;

import dev.leeway.eval.reward.CategoryRank;
import dev.leeway.eval.reward.FamilyComparison;
import dev.leeway.eval.reward.ProbePrompt.Framing;
import dev.leeway.eval.reward.VocabularyScan;
import dev.leeway.io.JsonFile;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Tables of a reward probe, for people and for files. */
final class ProbeText {

    private ProbeText() {
    }

    /** Means over prompts of median ranks: a line a model and framing, a column a category. */
    static String ranks(List<CategoryRank> ranks, int words) {
        var categories = distinct(ranks, CategoryRank::category);
        int width = distinct(ranks, CategoryRank::model).stream().mapToInt(String::length).max().orElse(0);
        var text = new StringBuilder(String.format(Locale.ROOT, "mean over prompts of the median rank among %,d words (1 = largest reward; "
            + "a constant model has %.1f)%n%-" + (width + 2) + "s%-10s", words, (words + 1) / 2.0, "model", "framing"));
        categories.forEach(category -> text.append(String.format("%12s", category)));
        for (var model : distinct(ranks, CategoryRank::model)) {
            for (var framing : Framing.values()) {
                var line = new StringBuilder(String.format("%n%-" + (width + 2) + "s%-10s", model, framing.label()));
                boolean isThere = false;
                for (var category : categories) {
                    var mean = ranks.stream().filter(rank -> rank.model().equals(model) && rank.category().equals(category)
                        && rank.prompt().framing() == framing).mapToDouble(CategoryRank::median).average();
                    line.append(mean.isPresent() ? String.format(Locale.ROOT, "%12.2f", mean.getAsDouble()) : String.format("%12s", "-"));
                    isThere |= mean.isPresent();
                }
                text.append(isThere ? line : "");
            }
        }
        return text.toString();
    }

    private static List<String> distinct(List<CategoryRank> ranks, Function<CategoryRank, String> of) {
        return ranks.stream().map(of).distinct().toList();
    }

    /** A line a comparison. */
    static String compared(List<FamilyComparison> compared) {
        var first = compared.getFirst();
        var text = new StringBuilder(String.format("%s (%d models) and %s (%d): Welch's t over (model, prompt) pairs, p by permuting pairs,"
            + " p times the %d tests, p by permuting models%n%-10s%-12s%12s%12s%9s%10s%10s%10s", first.first().family(),
            first.first().models(), first.second().family(), first.second().models(), compared.size(), "framing", "category",
            first.first().family(), first.second().family(), "t", "p", "corrected", "models p"));
        compared.forEach(one -> text.append(String.format(Locale.ROOT, "%n%-10s%-12s%12.2f%12.2f%9.3f%10.4f%10.4f%10s",
            one.framing().label(), one.category(), one.first().mean(), one.second().mean(), one.welch().statistic(), one.p(),
            one.bonferroni(), Double.isNaN(one.modelsP()) ? "-" : String.format(Locale.ROOT, "%.4f", one.modelsP()))));
        return text.toString();
    }

    /** Moments, and the ends of the list. */
    static String scan(String prompt, VocabularyScan scan, int shown) {
        var moments = scan.moments();
        var text = new StringBuilder(String.format(Locale.ROOT, "%s: %,d texts, mean %.3f, variance %.3f, skewness %.3f", prompt,
            scan.tokens().size(), moments.mean(), moments.variance(), moments.skewness()));
        scan.top(shown).forEach(token -> text.append(line(token)));
        text.append(String.format("%n       ...  ..."));
        scan.bottom(shown).forEach(token -> text.append(line(token)));
        return text.toString();
    }

    private static String line(VocabularyScan.Token token) {
        return String.format(Locale.ROOT, "%n%10.4f  %s", token.reward(), JsonFile.newObject().put("text", token.text()).get("text"));
    }

    /** All ranks, a row each. */
    static String ranksFile(List<CategoryRank> ranks) {
        var text = new StringBuilder("model,family,category,framing,prompt,median_rank\n");
        ranks.forEach(rank -> text.append(String.join(",", rank.model(), rank.family(), rank.category(), rank.prompt().framing().label(),
            rank.prompt().key(), Double.toString(rank.median()))).append('\n'));
        return text.toString();
    }
}
