package dev.leeway.eval.choice;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.eval.Baseline;
import dev.leeway.eval.Prompt;
import dev.leeway.eval.Request;
import dev.leeway.eval.Setting;
import dev.leeway.eval.Statistic;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MmluTest {

    @TempDir
    private Path folder;

    @BeforeEach
    void write() {
        Trial.write(folder, "mmlu/test/sea_birds_test.csv", "\uFEFFWhich bird dives?,gannet,\"owl, barn\",hen,wren,A\n"
            + "Which swims?,owl,penguin,hen,wren,B\n");
        Trial.write(folder, "mmlu/test/knots_test.csv", "question,choice0,choice1,choice2,choice3,answer\nWhich knot slips?,bowline,reef,"
            + "noose,sheet bend,2\n");
        Trial.write(folder, "mmlu/dev/sea_birds_dev.csv", "Which is white?,swan,crow,rook,raven,A\n"
            + "Which is black?,swan,gull,crow,tern,C\n");
        Trial.write(folder, "mmlu/dev/knots_dev.csv", "Which loops?,reef,bowline,hitch,bend,B\nWhich ends?,stopper,reef,bend,hitch,A\n");
    }

    private Request.Weigh weigh(Setting setting, String... options) {
        var benchmark = Trial.load(Mmlu.entry(), folder, options);
        return (Request.Weigh) Trial.first(benchmark, setting);
    }

    private String refusal(String... options) {
        return assertThrows(LeewayException.class, () -> Trial.load(Mmlu.entry(), folder, options)).getMessage();
    }

    @Test
    void aQuestionListsItsChoicesAndTheLettersAreWeighedBehindTheCue() {
        var request = weigh(Setting.BARE, "subjects=sea_birds");
        assertEquals(new Prompt.Text("""
            The following are multiple choice questions (with answers) about sea birds.

            Which bird dives?
            A. gannet
            B. owl, barn
            C. hen
            D. wren
            Answer:"""), request.prompt());
        assertEquals(List.of(" A", " B", " C", " D"), request.options());
    }

    @Test
    void workedExamplesOfTheSubjectStandBeforeTheQuestion() {
        var text = ((Prompt.Text) weigh(Setting.BARE, "subjects=sea_birds", "shots=2").prompt()).text();
        assertTrue(text.contains("sea birds.\n\nWhich is white?\nA. swan\nB. crow\nC. rook\nD. raven\nAnswer: A\n\nWhich is black?"), text);
        assertTrue(text.contains("Answer: C\n\nWhich bird dives?"), text);
        assertTrue(refusal("shots=3").contains("knots_dev.csv has 2 rows, and mmlu.shots asks for 3"));
    }

    @Test
    void textsAreWeighedWithoutHavingBeenSeen() {
        var request = weigh(Setting.BARE, "subjects=sea_birds", "answers=texts", "shots=1");
        assertEquals(List.of(" gannet", " owl, barn", " hen", " wren"), request.options());
        var text = ((Prompt.Text) request.prompt()).text();
        assertTrue(text.endsWith("Which is white?\nAnswer: swan\n\nWhich bird dives?\nAnswer:"), text);
        assertFalse(text.contains("gannet"), text);
    }

    @Test
    void anEvaluationPromptStandsAroundTheQuestionAndItsSystemTurnBeforeAll() {
        var around = new Setting(new Setting.EvaluationPrompt("kind", Optional.of("Be kind."), "Please: ", " Thanks."), Setting.PLAIN);
        var text = ((Prompt.Text) weigh(around, "subjects=sea_birds", "answers=texts").prompt()).text();
        assertTrue(text.startsWith("Be kind.\n\nThe following"), text);
        assertTrue(text.endsWith("Please: Which bird dives? Thanks.\nAnswer:"), text);
        var chat = weigh(around, "subjects=sea_birds", "prompt=chat");
        assertEquals(List.of("system", "user"), ((Prompt.Chat) chat.prompt()).turns().stream().map(turn -> turn.role()).toList());
        assertEquals(List.of("A", "B", "C", "D"), chat.options());
    }

    @Test
    void aLimitLeavesTheFirstRowsOfEverySubject() {
        var benchmark = Trial.load(Mmlu.entry(), folder);
        assertEquals(List.of("knots", "sea_birds"), benchmark.first(1).stream().map(item -> item.slices().get("subject")).toList());
        assertEquals(3, benchmark.first(2).size());
    }

    @Test
    void microWeighsQuestionsAndMacroSubjects() {
        var summary = Trial.summary(Trial.load(Mmlu.entry(), folder), Baseline.ALWAYS_A, Setting.PLAIN);
        assertEquals(1.0 / 3, value(summary, "acc", ""), 1e-15);
        assertEquals(0.5, value(summary, "acc", "subject=sea_birds"));
        assertEquals(0, value(summary, "acc", "subject=knots"));
        assertEquals(0.25, value(summary, "acc_macro", ""), 1e-15);
    }

    private static double value(List<Statistic> summary, String name, String slice) {
        return summary.stream().filter(one -> one.name().equals(name) && one.slice().equals(slice)).findFirst().orElseThrow().value()
            .orElseThrow();
    }

    @Test
    void badRowsAreRefusedWithTheirPlace() {
        Trial.write(folder, "mmlu/test/knots_test.csv", "a,b,c,d,e,A\n\"a\nb\",b,c,d,e,E\n");
        assertTrue(refusal().contains("knots_test.csv:2 has the answer 'E'; expected A to D, or 0 to 3"), refusal());
        Trial.write(folder, "mmlu/test/knots_test.csv", "a,b,c,d,e,A\nb,c,d,e,A\n");
        assertTrue(refusal().contains("knots_test.csv:2 has 5 fields; expected 6"), refusal());
        Trial.write(folder, "mmlu/test/knots_test.csv", "a,b,, d,e,A\n");
        assertTrue(refusal().contains("knots_test.csv:1 has an empty choice1"), refusal());
        Trial.write(folder, "mmlu/test/knots_test.csv", "");
        assertTrue(refusal().contains("knots_test.csv has no questions"), refusal());
    }

    @Test
    void unknownSubjectsAndMissingFoldersSayWhatThereIs(@TempDir Path empty) {
        assertTrue(refusal("subjects=owls").contains("mmlu.subjects names 'owls', which there is no file of; there are knots, sea_birds"));
        var missing = assertThrows(LeewayException.class, () -> Trial.load(Mmlu.entry(), empty));
        assertTrue(missing.getMessage().contains("hendrycks/test"), missing.getMessage());
    }
}
