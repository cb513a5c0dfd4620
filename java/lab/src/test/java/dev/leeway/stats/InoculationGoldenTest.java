package dev.leeway.stats;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** The inoculation studies' published rates, heuristics and correlations, recomputed from the rows behind them. */
@Tag("shared")
final class InoculationGoldenTest {

    private static final String FOLDER = "inoculation/reference_results/";
    private static final Table ROWS = Table.shared(FOLDER + "dataset.csv");
    private static final Table PUBLISHED = Table.shared(FOLDER + "heuristic_performance_table.csv");

    private static JsonNode json(String name) {
        return JsonMapper.shared().readTree(Path.of(System.getProperty("leeway.shared"), "data", FOLDER, name).toFile());
    }

    /** Of rows of a kind (or all) that have both. */
    private static TestResult correlation(Table table, String kind, IntToDoubleFunction heuristic) {
        var suppression = optional(table, "suppression");
        var kinds = table.texts("prefix_type");
        var rows = IntStream.range(0, table.size()).filter(row -> kind.equals("all") || kinds[row].equals(kind))
            .filter(row -> !Double.isNaN(heuristic.applyAsDouble(row)) && !Double.isNaN(suppression[row])).toArray();
        return Correlation.pearson(Arrays.stream(rows).mapToDouble(heuristic::applyAsDouble).toArray(),
            Arrays.stream(rows).mapToDouble(row -> suppression[row]).toArray(), 0.95);
    }

    private static double[] optional(Table table, String column) {
        return Arrays.stream(table.texts(column)).mapToDouble(text -> text.isEmpty() ? Double.NaN : Double.parseDouble(text)).toArray();
    }

    private static void assertPublished(String heuristic, String column, TestResult found) {
        int row = IntStream.range(0, PUBLISHED.size()).filter(i -> PUBLISHED.texts("Heuristic")[i].startsWith(heuristic)).findFirst()
            .orElseThrow();
        assertEquals(PUBLISHED.numbers(column + " r")[row], found.estimate(), 0.5e-4 + 1e-9, heuristic + ", " + column);
        assertEquals(PUBLISHED.numbers(column + " r2")[row], found.estimate() * found.estimate(), 0.5e-4 + 1e-9, heuristic + ", " + column);
        assertEquals(PUBLISHED.numbers(column + " n")[row], found.degreesOfFreedom() + 2, heuristic + ", " + column);
    }

    /** A heuristic has one column, or one of the fixed prompts and one of the mixtures. */
    @ParameterizedTest
    @CsvSource({"H1 , elicitation,", "H2 , ph_combined,", "H3 , pc1_trait_svd,", "H4 , pc1_trait_tok_svd,", "H5 , emb_dist_from_neutral,",
        "H6 , emb_rephrase_std_cos,", "H11 , h11_mean_abs_diff, h11_mean_abs_diff_mix", "H13 , h13_mean_sq_diff, h13_mean_sq_diff_mix",
        "H14 , h14_mean_signed_tok_diff, h14_mean_signed_tok_diff_mix", "HA2 , ha2_filter, ha2_filter_mix", "HA3 , ha3_topk, ha3_topk_mix",
        "HA4 , ha4_grad_mag, ha4_grad_mag_mix", "HA5 , ha5_filter_grad, ha5_filter_grad_mix", "HB1 , hb1_pc1_var_frac,",
        "HB2 , hb2_sim_loss_decay,", "HB3 , hb3_persistent_loss_frac,", "HB4 , hb4_strength_x_coherence,", "HB5 , hb5_effective_rank,",
        "HB6 , hb6_sim_residual,"})
    void correlationsWithSuppressionAreThePublishedOnes(String heuristic, String fixed, String mix) {
        var ofFixed = optional(ROWS, fixed);
        var ofMix = mix == null ? ofFixed : optional(ROWS, mix);
        var kinds = ROWS.texts("prefix_type");
        IntToDoubleFunction value = row -> kinds[row].equals("mix") ? ofMix[row] : ofFixed[row];
        assertPublished(heuristic, "Trait sup (all)", correlation(ROWS, "all", value));
        assertPublished(heuristic, "Trait sup (fixed)", correlation(ROWS, "fixed", value));
        assertPublished(heuristic, "Trait sup (mix)", correlation(ROWS, "mix", value));
    }

    @Test
    void elicitationCorrelatesBy38Of264AndOneRowMovesIt() {
        var found = correlation(ROWS, "all", row -> optional(ROWS, "elicitation")[row]);
        assertEquals(0.3767, found.estimate(), 0.5e-4);
        assertTrue(found.p() < 1e-9 && found.interval().low() > 0.25, found + "");
        var changed = ROWS.with(0, "suppression", "-50");
        assertNotEquals(0.3767, correlation(changed, "all", row -> optional(changed, "elicitation")[row]).estimate(), 0.5e-4);
    }

    /** What a prompt elicits of the other trait says nothing of this one's suppression. */
    @Test
    void theOtherTraitsElicitationIsThePublishedOne() {
        var elicitation = optional(ROWS, "elicitation");
        var byKey = new HashMap<String, Map<String, Double>>();
        for (int row = 0; row < ROWS.size(); row++) {
            byKey.computeIfAbsent(key(row), _ -> new HashMap<>()).put(ROWS.texts("trait_name")[row], elicitation[row]);
        }
        var other = IntStream.range(0, ROWS.size()).mapToDouble(row -> byKey.get(key(row)).entrySet().stream()
            .filter(entry -> !entry.getKey().equals(ROWS.texts("trait_name")[row])).findFirst().orElseThrow().getValue()).toArray();
        assertPublished("H1 ", "Cross-trait sup (all)", correlation(ROWS, "all", row -> other[row]));
    }

    private static String key(int row) {
        return ROWS.texts("experiment")[row] + ROWS.texts("prompt_key")[row] + ROWS.texts("prefix_type")[row];
    }

    /** A prompt's elicitation is the mean score of 200 answers with it, less that with the neutral prompt. */
    @Test
    void elicitationsAreDifferencesOfMeansOf200() {
        var scores = json("elicitation_scores.json");
        var rows = ROWS.where("experiment", "playful_french_7b");
        assertEquals(192, rows.size());
        var published = rows.numbers("elicitation");
        for (int row = 0; row < rows.size(); row++) {
            assertEquals(published[row], elicitation(scores, rows.texts("prompt_key")[row], rows.texts("trait_name")[row]), 1e-12);
        }
        assertEquals(31.6, elicitation(scores, "clown_persona", "Playful"), 0.05);
        assertEquals(68.7, elicitation(scores, "strong_elicitation", "Playful"), 0.05);
        var values = values(scores, "clown_persona", "Playful");
        values[0] += 1;
        assertNotEquals(published[2], Sample.mean(values) - Sample.mean(values(scores, "neutral", "Playful")), 1e-3);
    }

    private static double elicitation(JsonNode scores, String prompt, String trait) {
        return TTest.welch(values(scores, prompt, trait), values(scores, "neutral", trait), 0.95).estimate();
    }

    private static double[] values(JsonNode scores, String prompt, String trait) {
        var values = new ArrayList<Double>();
        scores.get(prompt).get("scores").get(trait).get("values").forEach(value -> values.add(value.asDouble()));
        assertEquals(200, values.size());
        return values.stream().mapToDouble(Double::doubleValue).toArray();
    }

    /**
     * Rates have percentile intervals of 2,000 resamples. Two draws of such an interval differ by at most one count here, and Wilson's,
     * made for small counts, holds the rate where theirs has no width.
     */
    @ParameterizedTest
    @ValueSource(strings = {"lr3e-5_ep1", "repro-2026-07-16-lr3e-5_ep1", "lr1e-4_ep2"})
    void intervalsOfLeakyBackdoorsAreBootstraps(String run) {
        var rows = json("leaky_backdoor_" + run + ".json");
        assertEquals(35, rows.size());
        for (var row : rows) {
            for (String trait : new String[] {"caps", "french"}) {
                int trials = row.get("n").asInt();
                double rate = row.get(trait + "_rate").asDouble();
                var counted = new Proportion(Math.round(rate * trials), trials);
                assertEquals(rate, counted.value(), 1e-12, "a rate is a count of " + trials);
                var published = row.get(trait + "_rate_ci");
                var found = resampled(counted);
                assertEquals(published.get(0).asDouble(), found.low(), 1.0 / trials + 1e-12, row + "");
                assertEquals(published.get(1).asDouble(), found.high(), 1.0 / trials + 1e-12, row + "");
                var wilson = counted.wilson(0.95);
                assertTrue(wilson.contains(rate) && wilson.high() - wilson.low() > 0.02, row + "");
                if (counted.successes() > 6 && counted.successes() < trials - 6) {
                    var changed = resampled(new Proportion(counted.successes() - 6, trials));
                    assertTrue(changed.high() < found.high() - 1.0 / trials, "six items fewer are seen: " + row);
                }
            }
        }
    }

    private static Interval resampled(Proportion counted) {
        return new Bootstrap(2000, 0.95, 3).percentile((int) counted.trials(), items -> {
            int successes = 0;
            for (int item : items) {
                successes += item < counted.successes() ? 1 : 0;
            }
            return (double) successes / items.length;
        });
    }
}
