package dev.leeway.study.values;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.eval.reward.CategoryRank;
import dev.leeway.eval.reward.Dictionary;
import dev.leeway.eval.reward.ProbePrompt;
import dev.leeway.eval.reward.RewardTable;
import dev.leeway.report.Part;
import dev.leeway.study.values.FamilyRanks.Compared;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The published rewards of ten reward models, told as the study tells its own, are the published table. */
@Tag("shared")
final class SharedFamilyRanksTest {

    private static final Path DATA = Path.of(System.getProperty("leeway.shared", "")).resolve("data/reward-models");

    @Test
    void publishedRewardsGiveThePublishedTable() throws IOException {
        var prompts = ProbePrompt.read(DATA.resolve("config/prompts.yaml"));
        var nouns = Dictionary.read(DATA.resolve("corpora/dict_big2_nouns.csv"));
        Compared compared;
        try (var files = Files.list(DATA.resolve("scores/dict_big2_nouns"))) {
            compared = Compared.of(files.sorted().map(RewardTable::read).flatMap(table -> CategoryRank.of(table, nouns, prompts).stream())
                .toList());
        }
        var html = compared.parts().stream().map(Part::html).collect(Collectors.joining());
        // mean over prompts of the median rank, Gemma and Llama, then Welch's t: the protocol's four rows
        contains(html, "positive", "Agency", "132.461", "128.293", "3.530");
        contains(html, "positive", "Communion", "131.079", "135.265", "-3.348");
        contains(html, "negative", "Agency", "97.463", "103.042", "-3.932");
        contains(html, "negative", "Communion", "154.907", "149.012", "7.059");
        compared.json().get("cells").forEach(cell -> assertEquals(270, cell.get("pairs").asInt()));
    }

    private static void contains(String html, String... texts) {
        var cells = new StringBuilder();
        for (var text : texts) {
            cells.append(text.matches("-?[0-9.]+") ? "<td class=\"number\">" : "<td>").append(text).append("</td>");
        }
        assertTrue(html.contains(cells), cells + " in " + html);
    }
}
