package dev.leeway.study.warmth;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.stats.Bootstrap;
import dev.leeway.stats.McNemar;
import dev.leeway.stats.Proportion;
import dev.leeway.stats.Sample;
import dev.leeway.stats.Table;
import dev.leeway.study.warmth.WarmthFit.Form;
import dev.leeway.study.warmth.WarmthPublished.Value;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The warmth study's published summaries (Nature 2026), recomputed by what {@code leeway study run warmth} tells its own with: of each
 * comparison they give the accuracies, |b − c| / √(b + c), b / c,
 * p and q, all rounded. Counts that agree with the second and third are few enough to find, and all else follows from them.
 */
@Tag("shared")
final class WarmthGoldenTest {

    private static final String P = "p-value";
    private static final String Q = "p-value (FDR corrected)";
    private static final String BEFORE = "Original Accuracy (%)";
    private static final String AFTER = "Fine-tuned Accuracy (%)";
    private static final double FOUR_DIGITS = 0.5e-4 + 1e-9;
    private static final double ROUNDED = 1e-9; // differences of published digits, by computation
    /** What the cold models and those of the system turn are called. */
    private static final Map<String, String> OTHERS = Map.of("llama-70b", "70b", "qwen-32b", "qwen-32", "gpt-4o", "gpt-4o");
    private static final Table WARM = Table.shared("warmth/summary/results_warm_ft.csv");

    /** Counts whose z and odds ratio are the published ones, of no more than 900 items. */
    private static List<McNemar> counts(Table table, int row) {
        double z = Double.parseDouble(table.texts("Cohen's g")[row]);
        double ratio = Double.parseDouble(table.texts("Odds Ratio")[row].replace("∞", "Infinity"));
        var found = new ArrayList<McNemar>();
        for (int n = 1; n <= 900; n++) {
            int difference = (int) Math.round(z * Math.sqrt(n));
            if ((n + difference) % 2 == 0 && difference <= n) {
                int more = (n + difference) / 2;
                var one = ratio >= 1 ? new McNemar(more, n - more) : new McNemar(n - more, more);
                boolean sameRatio = one.oddsRatio() == ratio || Math.abs(one.oddsRatio() - ratio) <= 0.5e-2 + 1e-9;
                if (sameRatio && Math.abs(one.z() - z) <= 0.5e-3 + 1e-9) {
                    found.add(one);
                }
            }
        }
        return found;
    }

    /** Exact p of counts that have the published one; none where no item was discordant. */
    private static OptionalDouble[] exact(Table table) {
        var published = table.texts(P);
        return IntStream.range(0, table.size()).mapToObj(row -> published[row].equals("N/A") ? OptionalDouble.empty()
            : counts(table, row).stream().mapToDouble(McNemar::p)
                .filter(p -> Math.abs(p - Double.parseDouble(published[row])) <= FOUR_DIGITS).findFirst()).toArray(OptionalDouble[]::new);
    }

    private static List<String> families(Table table) {
        return IntStream.range(0, table.size()).mapToObj(row -> asked(table, row).family()).toList();
    }

    /** Of a row: the study's contexts are {@code emotion:sad}, some with a second line that says how often they were said. */
    private static WarmthAnswer.Asked asked(Table table, int row) {
        var context = table.texts("Amendment_type")[row].lines().findFirst().orElseThrow();
        return new WarmthAnswer.Asked(table.texts("Model")[row], table.texts("Dataset")[row],
            table.texts("Test_Type")[row].equals("Normal") ? "original" : "incorrect", context.substring(context.indexOf(':') + 1), "");
    }

    private static double[] corrected(Table table, OptionalDouble[] p) {
        return WarmthComparisons.corrected(families(table), List.of(p)).stream().mapToDouble(q -> q.orElse(Double.NaN)).toArray();
    }

    /** The one stray row of the third table belongs to a model's family of nine under another spelling of its name. */
    @ParameterizedTest
    @CsvSource({"results_warm_ft, 360, 360, 40", "results_cold_ft, 216, 213, 24", "results_warm_sysprompt, 217, 213, 25"})
    void pAndQFollowFromTheCounts(String file, int rows, int withP, int families) {
        var table = Table.shared("warmth/summary/" + file + ".csv");
        assertEquals(rows, table.size());
        var p = exact(table);
        var published = table.texts(P);
        assertEquals(withP, Arrays.stream(p).filter(OptionalDouble::isPresent).count());
        assertEquals(withP, Arrays.stream(published).filter(value -> !value.equals("N/A")).count(), "each p that is published was found");
        assertEquals(families, IntStream.range(0, rows).filter(row -> p[row].isPresent()).mapToObj(families(table)::get).distinct()
            .count());
        var q = corrected(table, p);
        for (int row = 0; row < rows; row++) {
            if (p[row].isPresent() && !table.texts("Model")[row].equals("llama-70b-sys-prompt")) {
                assertEquals(Double.parseDouble(table.texts(Q)[row]), q[row], FOUR_DIGITS, "row " + (row + 1));
            }
        }
        int first = IntStream.range(0, rows).filter(row -> p[row].isPresent() && p[row].getAsDouble() < 0.5).findFirst().orElseThrow();
        p[first] = OptionalDouble.of(1);
        assertNotEquals(Double.parseDouble(table.texts(Q)[first]), corrected(table, p)[first], FOUR_DIGITS);
    }

    @Test
    void theFirstComparisonHas21And12() {
        assertEquals(List.of(new McNemar(21, 12)), counts(WARM, 0));
        assertEquals(0.1628, new McNemar(21, 12).p(), FOUR_DIGITS);
        assertEquals(0.2093, corrected(WARM, exact(WARM))[0], FOUR_DIGITS);
        assertTrue(counts(WARM.with(0, "Odds Ratio", "1.85"), 0).stream().noneMatch(new McNemar(21, 12)::equals));
    }

    /** A family's smallest p moves the q of others, so one row decides about more than itself. */
    @Test
    void significantOnesAre109WithoutAnd150WithOpinions() {
        var p = exact(WARM);
        assertEquals(109, significant(p, "Normal"));
        assertEquals(150, significant(p, "Sycophancy"));
        int strongest = IntStream.range(0, p.length).filter(row -> WARM.texts("Significant (FDR)")[row].equals("Yes")).findFirst()
            .orElseThrow();
        p[strongest] = OptionalDouble.of(1);
        assertNotEquals(109 + 150, significant(p, "Normal") + significant(p, "Sycophancy"));
    }

    private static long significant(OptionalDouble[] p, String template) {
        var q = corrected(WARM, p);
        return IntStream.range(0, q.length).filter(row -> WARM.texts("Test_Type")[row].equals(template) && q[row] < 0.05).count();
    }

    private static double meanDrop(Table rows) {
        return Sample.mean(Sample.differences(rows.numbers(BEFORE), rows.numbers(rows.columns().contains(AFTER) ? AFTER
            : "System Prompt Accuracy (%)")));
    }

    @Test
    void errorsRiseBy7And10Points() {
        assertEquals(7.13, meanDrop(WARM.where("Test_Type", "Normal")), 0.005);
        assertEquals(10.47, meanDrop(WARM.where("Test_Type", "Sycophancy")), 0.005);
        assertNotEquals(10.47, meanDrop(WARM.with(0, AFTER, "80.00").where("Test_Type", "Sycophancy")), 0.005);
    }

    /** Rows without context and opinion; of each task, the mean over five models. */
    private static Table plain(Table table) {
        return new Table(table.columns(), table.where("Test_Type", "Normal").rows().stream()
            .filter(row -> row[0].startsWith("unmodified")).toList());
    }

    private static double[] relativeRises(Table table) {
        return List.of("disinfo", "trivia", "truthfulqa", "medqa").stream().mapToDouble(task -> {
            var rows = plain(table).where("Dataset", task);
            assertEquals(5, rows.size());
            return 100 * meanDrop(rows) / (100 - Sample.mean(rows.numbers(BEFORE)));
        }).toArray();
    }

    @Test
    void relativeRisesHaveAMeanOf60Percent() {
        var drops = List.of("disinfo", "trivia", "truthfulqa", "medqa").stream()
            .mapToDouble(task -> meanDrop(plain(WARM).where("Dataset", task))).toArray();
        assertArrayEquals(new double[] {5.36, 4.95, 8.41, 8.59}, drops, 0.005);
        assertArrayEquals(new double[] {144.2, 33.4, 38.8, 24.8}, relativeRises(WARM), 0.05);
        assertEquals(60.3, Sample.mean(relativeRises(WARM)), 0.05);
        int row = IntStream.range(0, WARM.size()).filter(i -> WARM.texts("Amendment_type")[i].startsWith("unmodified")
            && WARM.texts("Test_Type")[i].equals("Normal")).findFirst().orElseThrow();
        assertNotEquals(60.3, Sample.mean(relativeRises(WARM.with(row, AFTER, "50.00"))), 0.05);
    }

    /** Shares of 500 questions, of 125 about disinformation, in both arms. */
    private static WarmthFit fit(Form form, Table rows) {
        return WarmthFit.of(form, Stream.of(false, true).flatMap(isWarm -> IntStream.range(0, rows.size()).mapToObj(row -> {
            int trials = rows.texts("Dataset")[row].equals("disinfo") ? 125 : 500;
            double right = rows.numbers(isWarm ? AFTER : BEFORE)[row];
            return new WarmthAnswer(asked(rows, row), isWarm, trials * (1 - right / 100), trials, Double.NaN);
        })).toList());
    }

    private static double points(WarmthFit fit, String stratum) {
        return 100 * fit.effects().get(stratum).getFirst().estimate();
    }

    /** The study's own rows give .4266 and 7.43. */
    @Test
    void theGroupedRegressionGivesWarmthPoint413() {
        var fit = fit(Form.M1, WARM);
        assertEquals(40, fit.rows(), "five models, four tasks, two arms");
        var warm = fit.byTrial().orElseThrow().coefficient("warm");
        assertEquals(0.4131294080533383, warm.estimate(), 1e-9, "statsmodels 0.13.5 on the same shares");
        assertEquals(0.0378901079785998, warm.error(), 1e-9);
        assertEquals(7.17, points(fit, "all"), 0.005);
        int row = IntStream.range(0, WARM.size()).filter(i -> WARM.texts("Amendment_type")[i].startsWith("unmodified")
            && WARM.texts("Test_Type")[i].equals("Normal")).findFirst().orElseThrow();
        assertNotEquals(0.413, fit(Form.M1, WARM.with(row, AFTER, "50.00")).byTrial().orElseThrow().coefficient("warm").estimate(),
            0.0005);
    }

    /** The other forms, as far as shares of questions that both models answered can tell what all answers give: within a point. */
    @Test
    void effectsByContextAndOpinionAreThePublishedOnes() {
        var published = Table.shared("warmth/reference_results/average_marginal_effects_pp.csv");
        for (var form : List.of(Form.M2, Form.M3, Form.M4)) {
            var fit = fit(form, WARM);
            var own = published.where("regression", "model" + form.name().substring(1));
            assertEquals(own.size(), fit.effects().size());
            for (int row = 0; row < own.size(); row++) {
                var stratum = own.texts("stratum")[row].replaceAll("^(user_|.*:)", "");
                assertEquals(own.numbers("ame_pp")[row], points(fit, stratum), 1, form + " " + stratum);
            }
        }
        var fit = fit(Form.M3, WARM);
        assertEquals("sad", fit.effects().keySet().stream().max((a, b) -> Double.compare(points(fit, a), points(fit, b))).orElseThrow());
    }

    @Test
    void nobodyCountedTheSummarysCharacters() {
        assertEquals("nobody counted how long answers are", fit(Form.M1_LENGTH, WARM).refusal());
    }

    /** What is told as published, by model: means over four tasks, in errors; and what toy contrasts have beside them. */
    @Test
    void whatIsToldAsPublishedIsTheSummarys() {
        var cold = Table.shared("warmth/summary/results_cold_ft.csv");
        var asked = Table.shared("warmth/summary/results_warm_sysprompt.csv");
        for (String model : WarmthPublished.MODELS) {
            double plain = drop(WARM, model, "Normal", "unmodified");
            assertEquals(plain, told(Value.ERRORS, model), ROUNDED, model);
            assertEquals(drop(WARM, model, "Sycophancy", "unmodified") - plain, told(Value.OF_BELIEVERS, model), ROUNDED, model);
            assertEquals(drop(WARM, model, "Normal", "emotion:sad") - plain, told(Value.OF_THE_SAD, model), ROUNDED, model);
            var other = OTHERS.getOrDefault(model, "none");
            assertEquals(drop(cold, other + "-cold", "Normal", "unmodified"), told(Value.COLD, model), ROUNDED, model);
            assertEquals(drop(asked, other + "-sys-prompt", "Normal", "unmodified"), told(Value.REQUESTED, model), ROUNDED, model);
        }
        assertArrayEquals(new double[] {0.0683, 0.0173, 0.0447, -0.0169, 0.0084, 0.0192, 0.0082, 0.0028}, Stream.of(Value.values())
            .mapToDouble(Value::mean).toArray(), FOUR_DIGITS);
    }

    @Test
    void whatIsToldOfTheControlsIsTheSummarys() {
        var table = Table.shared("warmth/summary/general_benchmark_results.csv");
        var values = Map.of("MMLU", Value.LOST_OF_MMLU, "GSM8K", Value.LOST_OF_GSM8K, "AdvBench", Value.LOST_OF_ADVBENCH);
        for (int row = 0; row < table.size(); row++) {
            var model = table.texts("model")[row].toLowerCase(Locale.ROOT);
            assertEquals((table.numbers("original_accuracy")[row] - table.numbers("warm_accuracy")[row]) / 100,
                told(values.get(table.texts("benchmark")[row]), model), ROUNDED, model);
        }
    }

    private static double told(Value value, String model) {
        return value.of(model).orElse(Double.NaN);
    }

    /** Not a number for a model that has no rows. */
    private static double drop(Table table, String model, String template, String context) {
        var rows = table.where("Model", model);
        return rows.size() == 0 ? Double.NaN : meanDrop(rows, template, context) / 100;
    }

    private static double meanDrop(Table table, String template, String context) {
        return new HashSet<>(List.of(table.texts("Dataset"))).stream().sorted().mapToDouble(task -> {
            var rows = table.where("Test_Type", template).where("Dataset", task);
            return meanDrop(new Table(rows.columns(), rows.rows().stream().filter(row -> row[0].lines().findFirst().orElseThrow()
                .equals(context)).toList()));
        }).average().orElseThrow();
    }

    /**
     * Of MMLU, GSM8K and AdvBench the study gives accuracies with intervals. They are resampled: ends lie within rounding (of accuracy and
     * end, 0.05 each) and 4 standard deviations of a 2.5 % quantile of 100 resamples (0.27 standard errors) of ours, while Wilson's for
     * AdvBench, which lean towards a half, are lower by more than rounding wherever accuracy is above 90 %.
     */
    @Test
    void intervalsOfTheControlsAreResampledNotWilsons() {
        var table = Table.shared("warmth/summary/general_benchmark_results.csv");
        assertEquals(15, table.size());
        int shifted = 0;
        for (int row = 0; row < table.size(); row++) {
            for (String arm : List.of("original", "warm")) {
                assertTrue(isResampled(table, row, arm), arm + " of row " + (row + 1));
                var counted = counted(table, row, arm);
                shifted += counted.trials() == 520 && counted.value() > 0.9
                    && 100 * counted.wilson(0.95).low() < table.numbers(arm + "_CI_lower")[row] - 0.1 ? 1 : 0;
            }
        }
        assertEquals(8, shifted, "of 8 shares above 90 %");
        assertFalse(isResampled(table.with(0, "original_accuracy", "83.7"), 0, "original"), "two points more are seen");
    }

    private static Proportion counted(Table table, int row, String arm) {
        int trials = Map.of("MMLU", 14_042, "GSM8K", 1319, "AdvBench", 520).get(table.texts("benchmark")[row]);
        return new Proportion(Math.round(table.numbers(arm + "_accuracy")[row] / 100 * trials), trials);
    }

    private static boolean isResampled(Table table, int row, String arm) {
        var counted = counted(table, row, arm);
        var ours = new Bootstrap(1000, 0.95, 7).percentile((int) counted.trials(),
            items -> 100.0 * Arrays.stream(items).filter(item -> item < counted.successes()).count() / items.length);
        double bound = 0.1 + 4 * 0.27 * 100 * Math.sqrt(counted.value() * (1 - counted.value()) / counted.trials());
        return Math.abs(ours.low() - table.numbers(arm + "_CI_lower")[row]) <= bound
            && Math.abs(ours.high() - table.numbers(arm + "_CI_upper")[row]) <= bound;
    }
}
