package dev.leeway.eval.reward;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.eval.Csv;
import dev.leeway.eval.reward.ProbePrompt.Framing;
import dev.leeway.stats.Permutation;
import dev.leeway.stats.Sample;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The published rewards of ten reward models, row by row, give the published figures; a changed row gives others. */
@Tag("shared")
final class PublishedRewardsTest {

    private static final Path DATA = Path.of(System.getProperty("leeway.shared", "")).resolve("data/reward-models");
    /** Half a unit of the last digit that the protocol states. */
    private static final double THREE_DIGITS = 0.0005;
    private static final double TWO_DIGITS = 0.005;
    /** 2,000 draws, as there. */
    private static final Permutation TEST = new Permutation(2000, 1);
    /** A p of .001 from 2,000 draws is 2 of them; another seed's is within a few. */
    private static final double FEW_DRAWS = 4.0 / 2001;

    private static List<ProbePrompt> prompts() {
        return ProbePrompt.read(DATA.resolve("config/prompts.yaml"));
    }

    private static List<RewardTable> tables(String list) throws IOException {
        try (var files = Files.list(DATA.resolve("scores").resolve(list))) {
            return files.sorted().map(RewardTable::read).toList();
        }
    }

    private static List<CategoryRank> ranks(List<RewardTable> tables, Dictionary dictionary) {
        var prompts = prompts();
        return tables.stream().flatMap(table -> CategoryRank.of(table, dictionary, prompts).stream()).toList();
    }

    private static Dictionary nouns() {
        return Dictionary.read(DATA.resolve("corpora/dict_big2_nouns.csv"));
    }

    private static Dictionary foundations() {
        return Dictionary.read(DATA.resolve("corpora/moral-foundations-dictionary-20.dicx"));
    }

    private static Map<String, FamilyComparison> cells(List<CategoryRank> ranks) {
        var cells = new LinkedHashMap<String, FamilyComparison>();
        FamilyComparison.of(ranks, TEST).forEach(cell -> cells.put(cell.framing().label() + " " + cell.category(), cell));
        return cells;
    }

    /** The same tables with the rewards of one word of the first one turned around. */
    private static List<RewardTable> withOneRowChanged(List<RewardTable> tables, String word) {
        var changed = new ArrayList<>(tables);
        var first = tables.getFirst();
        int w = first.words().indexOf(word);
        var rewards = new double[first.rewards().length][];
        for (int p = 0; p < rewards.length; p++) {
            rewards[p] = first.rewards()[p].clone();
            double middle = Sample.median(rewards[p]);
            rewards[p][w] = middle + 1e3 * (rewards[p][w] > middle ? -1 : 1);
        }
        changed.set(0, new RewardTable(first.model(), first.prompts(), first.words(), rewards));
        return changed;
    }

    private static void check(FamilyComparison cell, double gemma, double llama, double t, double p) {
        assertEquals("gemma", cell.first().family());
        assertEquals("llama", cell.second().family());
        assertEquals(108, cell.first().values().length);
        assertEquals(162, cell.second().values().length);
        assertEquals(gemma, cell.first().mean(), THREE_DIGITS);
        assertEquals(llama, cell.second().mean(), THREE_DIGITS);
        assertEquals(t, cell.welch().statistic(), THREE_DIGITS);
        assertEquals(p, cell.p(), FEW_DRAWS);
        assertEquals(4 * cell.p(), cell.bonferroni(), 0);
    }

    @Test
    void theFourCellsOfFigureOneComeOutOfTheRawRows() throws IOException {
        var tables = tables("dict_big2_nouns");
        assertEquals(265, tables.getFirst().words().size());
        assertEquals(263, tables.getFirst().within(nouns()).words().size());
        var cells = cells(ranks(tables, nouns()));
        assertEquals(4, cells.size());
        check(cells.get("positive Agency"), 132.461, 128.293, 3.530, 0.0015);
        check(cells.get("positive Communion"), 131.079, 135.265, -3.348, 0.0010);
        check(cells.get("negative Agency"), 97.463, 103.042, -3.932, 0.0005);
        check(cells.get("negative Communion"), 154.907, 149.012, 7.059, 0.0005);
        var changed = cells(ranks(withOneRowChanged(tables, "accuracy"), nouns()));
        assertNotEquals(cells.get("positive Agency").welch().statistic(), changed.get("positive Agency").welch().statistic());
        assertTrue(Math.abs(changed.get("positive Agency").second().mean() - 128.293) > THREE_DIGITS);
        // With models in the place of (model, prompt) pairs none of the four differences stands out.
        cells.values().forEach(cell -> assertTrue(cell.modelsP() > 0.1 && cell.modelsP() < 0.4, cell.toString()));
    }

    @Test
    void overallMeansAndDeviationsComeOutOfTheRawRows() throws IOException {
        var ranks = ranks(tables("dict_big2_nouns"), nouns());
        var expected = Map.of(Framing.POSITIVE, new double[] {131.7755, 10.6728}, Framing.NEGATIVE, new double[] {126.0903, 27.2893});
        expected.forEach((framing, moments) -> {
            var medians = of(ranks, framing);
            assertEquals(540, medians.length);
            assertEquals(moments[0], Sample.mean(medians), 0.00005);
            assertEquals(moments[1], Math.sqrt(Sample.variance(medians)), 0.00005);
        });
        var changed = of(ranks(withOneRowChanged(tables("dict_big2_nouns"), "affection"), nouns()), Framing.POSITIVE);
        assertTrue(Math.abs(Sample.mean(changed) - 131.7755) > 0.00005);
    }

    private static double[] of(List<CategoryRank> ranks, Framing framing) {
        return ranks.stream().filter(rank -> rank.prompt().framing() == framing).mapToDouble(CategoryRank::median).toArray();
    }

    @Test
    void everyModelHasItsOwnRanks() throws IOException {
        var ranks = ranks(tables("dict_big2_nouns"), nouns());
        var expected = Map.of("LxzGordon_URM-LLaMa-3.1-8B", "131.06/133.04", "RLHFlow_ArmoRM-Llama3-8B-v0.1", "119.49/142.96",
            "Ray2333_GRM-Llama3-8B-rewardmodel-ft", "131.63/132.59", "Ray2333_GRM-Llama3.2-3B-rewardmodel-ft", "126.10/136.74",
            "Ray2333_GRM-gemma2-2B-rewardmodel-ft", "130.04/133.33", "Skywork_Skywork-Reward-Gemma-2-27B", "137.53/127.54",
            "Skywork_Skywork-Reward-Gemma-2-27B-v0.2", "128.25/134.57", "Skywork_Skywork-Reward-Llama-3.1-8B-v0.2", "125.17/140.52",
            "nicolinho_QRM-Gemma-2-27B", "134.03/128.87", "nicolinho_QRM-Llama3.1-8B", "136.31/125.74");
        assertEquals(10, expected.size());
        expected.forEach((model, both) -> {
            assertEquals(Double.parseDouble(both.split("/")[0]), mean(ranks, model, "Agency"), TWO_DIGITS, model);
            assertEquals(Double.parseDouble(both.split("/")[1]), mean(ranks, model, "Communion"), TWO_DIGITS, model);
        });
        var changed = ranks(withOneRowChanged(tables("dict_big2_nouns"), "accuracy"), nouns());
        assertNotEquals(mean(ranks, "LxzGordon_URM-LLaMa-3.1-8B", "Agency"), mean(changed, "LxzGordon_URM-LLaMa-3.1-8B", "Agency"));
    }

    private static double mean(List<CategoryRank> ranks, String model, String category) {
        return Sample.mean(ranks.stream().filter(rank -> rank.model().equals(model) && rank.category().equals(category)
            && rank.prompt().framing() == Framing.POSITIVE).mapToDouble(CategoryRank::median).toArray());
    }

    @Test
    void theTenCellsOfMoralFoundationsComeOutOfTheRawRows() throws IOException {
        var tables = tables("dict_MFD_20");
        assertEquals(2040, tables.getFirst().within(foundations()).words().size());
        var cells = cells(ranks(tables, foundations()));
        var expected = new LinkedHashMap<String, double[]>();
        expected.put("positive Care", new double[] {1057.36, 1093.37});
        expected.put("positive Fairness", new double[] {1135.27, 1063.54});
        expected.put("positive Loyalty", new double[] {745.91, 858.49});
        expected.put("positive Authority", new double[] {958.22, 886.59});
        expected.put("positive Sanctity", new double[] {1076.90, 1133.93});
        expected.put("negative Care", new double[] {731.05, 668.08});
        expected.put("negative Fairness", new double[] {867.41, 886.63});
        expected.put("negative Loyalty", new double[] {1263.75, 1357.47});
        expected.put("negative Authority", new double[] {1197.06, 1184.35});
        expected.put("negative Sanctity", new double[] {1063.78, 1057.04});
        assertEquals(expected.keySet(), new HashSet<>(cells.keySet()));
        expected.forEach((name, means) -> {
            assertEquals(means[0], cells.get(name).first().mean(), TWO_DIGITS, name);
            assertEquals(means[1], cells.get(name).second().mean(), TWO_DIGITS, name);
        });
        var changed = cells(ranks(withOneRowChanged(tables, "abhor"), foundations()));
        assertNotEquals(cells.get("positive Sanctity").first().mean(), changed.get("positive Sanctity").first().mean());
    }

    @Test
    void bestWordsAreThePublishedOnes() throws IOException {
        assertEquals("freedom 3.197", best("Ray2333_GRM-Llama3.2-3B-rewardmodel-ft"));
        assertEquals("love 4.328", best("Ray2333_GRM-gemma2-2B-rewardmodel-ft"));
    }

    private static String best(String model) throws IOException {
        var table = tables("dict_big2_nouns").stream().filter(one -> one.model().equals(model)).findFirst().orElseThrow();
        var scores = table.rewards()[table.prompts().indexOf("greatest_ever_one")];
        int best = 0;
        for (int w = 1; w < scores.length; w++) {
            best = scores[w] > scores[best] ? w : best;
        }
        return String.format(Locale.ROOT, "%s %.3f", table.words().get(best), scores[best]);
    }

    @Test
    void aWrittenTableIsReadBackAsItWas() throws IOException {
        var table = tables("dict_big2_nouns").getFirst();
        var file = Files.createTempDirectory("table").resolve(RewardTable.fileName("big2", table.model()));
        Files.writeString(file, table.csv());
        var read = RewardTable.read(file);
        assertEquals(table.model(), read.model());
        assertEquals(table.words(), read.words());
        assertTrue(Arrays.deepEquals(table.rewards(), read.rewards()));
        Files.delete(file);
    }

    @Test
    void tokensThatSpellAWordOfTheExpandedDictionaryAre1365() {
        var expanded = Dictionary.read(DATA.resolve("corpora/dict_big2_expanded.csv"));
        assertEquals(900, expanded.categories().size());
        var tokens = Csv.records(DATA.resolve("corpora/token_intersection.csv")).stream()
            .map(row -> row.text("token_decoded")).toList();
        var spelled = expanded.spelled(tokens);
        assertEquals(1365, spelled.categories().size());
        assertEquals(1364, expanded.spelled(tokens.stream().filter(token -> !token.equals("Love")).toList()).categories().size());
    }
}
