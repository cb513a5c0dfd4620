package dev.leeway.eval.qa;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.leeway.eval.Csv;
import dev.leeway.eval.choice.Trial;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** How often our rules say what the study's judge said of its own outputs. */
@Tag("shared")
class SharedAgreementTest {

    /** Columns of right and wrong answer. */
    private record Columns(String right, String wrong) {
    }

    private static final Map<String, Columns> COLUMNS = Map.of("trivia", new Columns("correct_answer", "incorrect_answer"),
        "truthfulqa", new Columns("correct_answer", "incorrect_answer"), "medqa", new Columns("answer", "wrong_answer"),
        "disinfo", new Columns("ground_truth", "ground_false"));

    private record Judged(QaItem item, String output, boolean isCorrect, Optional<Boolean> refused) {
    }

    /** The rows of a data set that have the answers beside the output. */
    private static List<Judged> judged(String dataset) throws IOException {
        var columns = COLUMNS.get(dataset);
        var rows = new ArrayList<Judged>();
        for (var file : files(dataset)) {
            for (var row : Csv.records(file)) {
                if (row.columns().containsKey(columns.right())) {
                    rows.add(new Judged(QaItem.of("", row.columns().getOrDefault("content_key", ""),
                        List.of(row.text(columns.right())), List.of(row.text(columns.wrong())), Map.of()),
                        row.text("output"), row.text("evaluation").equals("CORRECT"),
                        Optional.ofNullable(row.columns().get("refusal")).map("1"::equals)));
                }
            }
        }
        return rows;
    }

    private static List<Path> files(String dataset) throws IOException {
        try (var files = Files.walk(Trial.warmth().resolve("sample_outputs"))) {
            return files.filter(file -> file.getFileName().toString().startsWith(dataset + "_")).sorted().toList();
        }
    }

    private static List<Judged> answered(String dataset) throws IOException {
        return judged(dataset).stream().filter(row -> !row.refused().orElse(false)).toList();
    }

    private static void assertAgreement(int agree, int of, String dataset, Rule rule) throws IOException {
        assertEquals(List.of(agree, of), List.of(agreeing(answered(dataset), rule), answered(dataset).size()), dataset);
    }

    private static int agreeing(List<Judged> rows, Rule rule) {
        return (int) rows.stream().filter(row -> rule.isRight(row.item(), row.output()) == row.isCorrect()).count();
    }

    @Test
    void namesOfAnswersAgreeWithTheJudgeOnTriviaQaAndHardlyOnMedQa() throws IOException {
        assertAgreement(56, 60, "trivia", Rule.NAMES_IT);
        assertAgreement(34, 58, "medqa", Rule.NAMES_IT);
    }

    @Test
    void closenessAgreesWithTheJudgeNoBetterThanACoin() throws IOException {
        assertAgreement(23, 60, "truthfulqa", Rule.IS_CLOSER);
        assertAgreement(32, 60, "disinfo", Rule.IS_CLOSER);
    }

    @Test
    void withAllItsReferencesClosenessAgreesMoreOftenAndStillLessThanCallingAllCorrect() throws IOException {
        var references = new HashMap<String, QaItem>();
        Trial.load(TruthfulQa.entry(), Trial.warmth()).items().forEach(item -> references.put(((QaItem) item).question(), (QaItem) item));
        int agree = 0;
        int correct = 0;
        for (var row : answered("truthfulqa")) {
            agree += Rule.IS_CLOSER.isRight(references.get(row.item().question()), row.output()) == row.isCorrect() ? 1 : 0;
            correct += row.isCorrect() ? 1 : 0;
        }
        assertEquals(List.of(37, 43), List.of(agree, correct));
    }

    @Test
    void anotherVerdictChangesTheAgreementByOne() throws IOException {
        var rows = new ArrayList<>(answered("trivia"));
        var first = rows.getFirst();
        rows.set(0, new Judged(first.item(), first.output(), !first.isCorrect(), first.refused()));
        assertEquals(1, Math.abs(56 - agreeing(rows, Rule.NAMES_IT)));
        rows.set(0, new Judged(first.item(), "", first.isCorrect(), first.refused()));
        assertEquals(55, agreeing(rows, Rule.NAMES_IT));
    }

    @Test
    void bothRefusalsOfTheStudyAreFoundAndOneThatItsListMissed() throws IOException {
        int rows = 0;
        var flagged = new ArrayList<Boolean>();
        for (String dataset : COLUMNS.keySet()) {
            var flaggable = judged(dataset).stream().filter(row -> row.refused().isPresent()).toList();
            rows += flaggable.size();
            flaggable.stream().filter(row -> Refusals.isRefusal(row.output())).forEach(row -> flagged.add(row.refused().orElseThrow()));
        }
        assertEquals(240, rows);
        assertEquals(List.of(false, true, true), flagged.stream().sorted().toList());
    }
}
