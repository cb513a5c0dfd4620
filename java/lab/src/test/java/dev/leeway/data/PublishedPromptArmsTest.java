package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.data.PromptArm.Placement;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Prompt arms over published pools and rows. */
@Tag("shared")
final class PublishedPromptArmsTest {

    private static final Path DATA = Path.of(System.getProperty("leeway.shared"), "data", "inoculation");

    private static List<Row> solutions() {
        Path file = DATA.resolve("gcd_sycophancy/task_train_only_user_ans1000.jsonl");
        try (Stream<JsonRow> rows = JsonRows.open(file)) {
            return rows.map(row -> RowReader.read(row, RowFormat.MESSAGES, Columns.AS_NAMED)).toList();
        }
    }

    private static Map<String, Object> first(Row row) {
        return ((Conversation) row).messages().getFirst();
    }

    @Test
    void everyPublishedPoolIsReadAndHasAThousandParaphrases() throws IOException {
        int pools = 0;
        for (String folder : List.of("em", "traits")) {
            for (Path file : DataFiles.of(DATA.resolve("rephrasings").resolve(folder).toString())) {
                assertEquals(1000, PromptPool.read(file).size(), file.toString());
                pools++;
            }
        }
        assertEquals(115, pools);
        Path lines = DATA.resolve("eval_prompts/evil_paraphrases.txt");
        assertEquals(100, PromptPool.read(lines).size());
        assertEquals(Files.readAllLines(lines), PromptPool.read(lines));
    }

    @Test
    void aThousandRowsGetAThousandDifferentParaphrases() {
        var pool = PromptArm.pool("evil", Placement.SYSTEM, PromptPool.read(DATA.resolve("rephrasings/em/evil_assistant_v1.jsonl")))
                .with(PromptAssignment.seeded(1).atMost(1));
        List<Row> rows = pool.apply(solutions());
        assertEquals(1000, rows.stream().map(row -> first(row).get("content")).distinct().count());
        assertTrue(rows.stream().allMatch(row -> "system".equals(first(row).get("role"))));
        assertEquals("message 1 of 3 is a system turn already, and prompt arm 'evil' would add another; take it out of the data, or place"
                + " the arm as USER_PREFIX", assertThrows(LeewayException.class, () -> pool.apply(rows.getFirst(), 0)).getMessage());
    }

    @Test
    void tenParaphrasesOfAHundredAreUsedAHundredTimesEach() {
        var pool = PromptArm.pool("evil", Placement.USER_PREFIX, PromptPool.read(DATA.resolve("eval_prompts/evil_paraphrases.txt")));
        List<Row> plain = solutions();
        List<Row> rows = pool.first(10).apply(plain);
        for (int i = 0; i < 1000; i++) {
            assertEquals(pool.words().get(i % 10) + "\n\n" + first(plain.get(i)).get("content"), first(rows.get(i)).get("content"));
        }
        assertEquals("prompt arm 'evil-10' has 10 paraphrases of which each may come 99 times, enough for 990 rows, and 1,000 rows came;"
                + " add paraphrases, raise the limit, or take fewer rows", assertThrows(LeewayException.class,
                        () -> pool.first(10).with(PromptAssignment.IN_TURN.atMost(99)).apply(plain)).getMessage());
    }
}
