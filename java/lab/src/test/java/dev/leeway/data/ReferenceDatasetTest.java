package dev.leeway.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.data.DatasetReader.Options;
import dev.leeway.text.Tokenizer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** GSM8K rows as the reference training runs encoded them: token ids, prompt lengths, truncation. */
@Tag("shared")
final class ReferenceDatasetTest {

    private static final Path SHARED = Path.of(System.getProperty("leeway.shared"));

    @Test
    void gsm8kIsEncodedAsTheReferenceRunsEncodedIt() {
        JsonNode training = JsonMapper.shared().readTree(SHARED.resolve("fixtures/training/full-gsm8k/case.json").toFile());
        int maxLength = training.get("max_length").intValue();
        List<PromptCompletion> rows = firstRows(SHARED.resolve(training.get("data").stringValue()));
        try (Tokenizer tokenizer = Tokenizer.load(SHARED.resolve(training.get("base_model").stringValue()))) {
            Dataset dataset = DatasetReader.encode(rows, tokenizer, new Options(Columns.AS_NAMED, maxLength, true));
            Map<Long, Example> byRow = dataset.examples().stream().collect(Collectors.toMap(Example::unitId, e -> e));
            int compared = compare(training.get("train"), byRow) + compare(training.get("eval"), byRow);
            assertEquals(96 - training.get("rows_without_completion_tokens").size(), compared);
            assertEquals(compared, dataset.examples().size());
        }
    }

    private static List<PromptCompletion> firstRows(Path file) {
        try (Stream<JsonRow> rows = JsonRows.open(file)) {
            return rows.limit(96).map(row -> new PromptCompletion(
                    row.text("question", Columns.AS_NAMED) + "\n", row.text("answer", Columns.AS_NAMED))).toList();
        }
    }

    /** How many rows have an example; rows whose prompt fills the length have none. */
    private static int compare(JsonNode expected, Map<Long, Example> byRow) {
        Map<Long, JsonNode> rows = new HashMap<>();
        expected.forEach(row -> rows.put(row.get("row").longValue(), row));
        int compared = 0;
        for (var row : rows.entrySet()) {
            int[] ids = row.getValue().get("input_ids").valueStream().mapToInt(JsonNode::intValue).toArray();
            int promptLength = row.getValue().get("prompt_length").intValue();
            if (promptLength < ids.length) {
                Example example = byRow.get(row.getKey());
                assertArrayEquals(ids, example.tokens(), "row " + row.getKey());
                assertEquals(ids.length - promptLength, example.trainedTokens(), "row " + row.getKey());
                compared++;
            }
        }
        return compared;
    }
}
