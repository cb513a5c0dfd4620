package dev.leeway.eval;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.judge.Judge;
import dev.leeway.judge.Question;
import dev.leeway.judge.ScriptedJudge;
import dev.leeway.judge.Verdict;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RunnerTest {

    private static final List<Setting.EvaluationPrompt> PROMPTS = List.of(Setting.EvaluationPrompt.NONE,
        new Setting.EvaluationPrompt("kind", Optional.of("Be kind."), "Hi. ", " Thanks."));
    private static final RunPlan.Extent TWO_EPOCHS = new RunPlan.Extent(OptionalInt.of(2), OptionalInt.empty());

    @TempDir
    private Path folder;

    private final List<Subject.Asked> askedModel = new ArrayList<>();
    private final List<Question> askedJudge = new ArrayList<>();
    private final Judge judge = MadeUp.judge(askedJudge);

    private RunPlan plan(MadeUp benchmark) {
        return new RunPlan(List.of(Candidate.of(new MadeUp.Echo("one", askedModel)), Candidate.of(new MadeUp.Echo("two", askedModel))),
            List.of(benchmark.part()), PROMPTS, TWO_EPOCHS, 7);
    }

    private Path records(String name) {
        return folder.resolve(name).resolve("records.jsonl");
    }

    private Runner runner(int batchSize) {
        return new Runner(Instruments.of(judge), new Runner.Division(batchSize, false), RunListener.SILENT);
    }

    private Results run(String name, int batchSize) {
        return runner(batchSize).run(plan(MadeUp.of(3)), records(name)).orElseThrow();
    }

    @Test
    void everyItemIsAskedOfEverySubjectUnderEverySettingSoManyTimes() {
        var results = run("a", 5);
        assertEquals(List.of("one none plain", "one none sad", "one kind plain", "one kind sad", "two none plain", "two none sad",
            "two kind plain", "two kind sad"), results.results().stream().map(result -> result.subject() + " "
                + result.setting().prompt().name() + " " + result.setting().context()).toList());
        var first = results.results().get(2);
        assertEquals(List.of("word-0 0", "word-0 1", "word-1 0", "word-1 1", "word-2 0", "word-2 1"),
            first.lines().stream().map(line -> line.item() + " " + line.epoch()).toList());
        assertEquals(2 * 2 * 2 * 3 * 2, askedModel.size());
        assertEquals(48 / 2, new HashSet<>(askedModel).size()); // both subjects are asked the same with the same streams
        assertEquals(24, askedModel.stream().map(Subject.Asked::stream).distinct().count());
        assertEquals(askedModel.size(), askedJudge.size());
    }

    @Test
    void resultsSayWhereTheyComeFromAndWhatTheyMiss() {
        var results = run("a", 5);
        assertEquals(7, results.seed());
        assertEquals(List.of("scripted:made-up"), results.judges());
        var result = results.results().getFirst();
        assertEquals("hash of one", result.model().hash());
        assertEquals(List.of(MadeUp.TEMPLATE.hash()), result.benchmark().templates());
        assertEquals("00ff", result.benchmark().data().get("words.csv"));
        assertEquals("3", result.benchmark().options().get("cut_off"));
        var all = results.results().stream().flatMap(one -> one.lines().stream()).toList();
        long unable = all.stream().filter(line -> line.response() instanceof Response.Unable).count();
        long shrugs = results.results().stream().mapToLong(one -> one.missing().get("good") == null ? 0
            : one.missing().get("good").getOrDefault("the judge shrugs", 0L)).sum();
        assertTrue(unable > 0 && shrugs > 0);
        for (var one : results.results()) {
            assertEquals(one.missingRate("good") * 6, one.headline().orElseThrow().missing(), 1e-9); // of 6 answers, but for a rounding
            assertEquals(0, one.missingRate("length"));
        }
    }

    /** Of a model that always says this. */
    private Results.Result thinking(String text) {
        var subject = new Subject() {
            @Override
            public String name() {
                return "thinks";
            }

            @Override
            public String hash() {
                return text;
            }

            @Override
            public List<Response> answer(List<Asked> asked) {
                return asked.stream().<Response>map(_ -> new Response.Written(text, false, 3)).toList();
            }

            @Override
            public void close() {
            }
        };
        var plan = new RunPlan(List.of(Candidate.of(subject)), List.of(MadeUp.of(1).part()),
            List.of(Setting.EvaluationPrompt.NONE), TWO_EPOCHS, 7);
        return runner(4).run(plan, records("t" + text.hashCode())).orElseThrow().results().getFirst();
    }

    @Test
    void whatAModelThoughtIsKeptInTheRecordsAndNeverScored() {
        var lengths = Map.of("<think>\nNo, no.\n</think>\n\nYes.", 4, "\n<think>\n\n</think>\n\nYes.", 4, "opened before</think>Yes.", 4,
            "<think>cut off", 0, "<think>a</think>Yes.</think>", 12, "Say <think> and </think>.", 25, " Yes.", 5);
        lengths.forEach((text, length) -> {
            askedJudge.clear();
            var line = thinking(text).lines().getFirst();
            assertEquals(Value.of(length), line.score().value("length"), text);
            assertEquals(new Response.Written(text, false, 3), line.response());
            assertEquals(length, askedJudge.getFirst().input().length() - "How good is ?".length(), askedJudge.getFirst().input());
        });
    }

    @Test
    void neitherBatchSizeNorOrderChangesAResult() throws IOException {
        var expected = run("a", 1);
        for (int batchSize : new int[] {2, 7, 8, 64}) {
            assertEquals(expected, run("b" + batchSize, batchSize));
        }
        var items = new ArrayList<>(MadeUp.of(3).items());
        Collections.reverse(items);
        var reversed = runner(4).run(plan(new MadeUp(items)), records("r")).orElseThrow();
        for (int i = 0; i < expected.results().size(); i++) {
            assertEquals(new HashSet<>(expected.results().get(i).lines()), new HashSet<>(reversed.results().get(i).lines()));
        }
    }

    @Test
    void aRunThatIsKilledBetweenAnyTwoLinesGoesOnAndAsksNothingAgain() throws IOException {
        var plan = plan(MadeUp.of(3));
        var expected = run("whole", 4);
        var whole = Files.readAllBytes(records("whole"));
        for (int end = 0; end < whole.length; end++) {
            if (whole[end] == '\n') {
                resumesFrom(Arrays.copyOf(whole, end), plan, expected);
                resumesFrom(Arrays.copyOf(whole, end + 1), plan, expected);
            }
        }
    }

    @Test
    void aRunThatIsKilledAtAnyByteGoesOnAndAsksNothingAgain() throws IOException {
        var all = plan(MadeUp.of(1));
        var plan = new RunPlan(all.candidates().subList(0, 1), all.parts(), all.prompts().subList(0, 1),
            new RunPlan.Extent(OptionalInt.of(1), OptionalInt.empty()), 7);
        var expected = runner(1).run(plan, records("whole")).orElseThrow();
        var whole = Files.readAllBytes(records("whole"));
        for (int length = 0; length <= whole.length; length++) {
            resumesFrom(Arrays.copyOf(whole, length), plan, expected);
        }
    }

    private void resumesFrom(byte[] records, RunPlan plan, Results expected) throws IOException {
        int all = expected.results().stream().mapToInt(result -> result.lines().size()).sum();
        int end = records.length;
        while (end > 0 && records[end - 1] != '\n') {
            end--;
        }
        var kept = new String(records, 0, end, StandardCharsets.UTF_8).split("\n");
        var file = Files.createDirectories(folder.resolve("cut")).resolve("records.jsonl");
        Files.write(file, records);
        askedModel.clear();
        askedJudge.clear();
        assertEquals(expected, runner(64).run(plan, file).orElseThrow());
        assertEquals(all - Arrays.stream(kept).filter(line -> line.contains("\"response_to\"")).count(), askedModel.size());
        assertEquals(all - Arrays.stream(kept).filter(line -> line.contains("\"score_of\"")).count(), askedJudge.size());
        askedModel.clear();
        askedJudge.clear();
        assertEquals(expected, runner(64).run(plan, file).orElseThrow());
        assertEquals(0, askedModel.size() + askedJudge.size());
    }

    @Test
    void damagedLinesAreNamedAndAskedAgain() throws IOException {
        var expected = run("a", 4);
        var text = Files.readString(records("a"));
        int place = text.indexOf("\"written\":\"") + 11;
        Files.writeString(records("a"), text.substring(0, place) + "X" + text.substring(place + 1));
        var damaged = new ArrayList<String>();
        askedModel.clear();
        var listener = new RunListener() {
            @Override
            public void began(List<String> lines) {
                damaged.addAll(lines);
            }

            @Override
            public void progressed(Progress progress) {
            }
        };
        assertEquals(expected, new Runner(Instruments.of(judge), new Runner.Division(4, false), listener)
            .run(plan(MadeUp.of(3)), records("a")).orElseThrow());
        assertEquals(1, damaged.size());
        assertTrue(damaged.getFirst().startsWith(records("a") + ":"), damaged.getFirst());
        assertEquals(1, askedModel.size());
    }

    @Test
    void aRunThatIsStoppedGoesOn() {
        var expected = run("whole", 4);
        askedModel.clear();
        var progress = new ArrayList<RunListener.Progress>();
        var stopping = new RunListener() {
            @Override
            public void progressed(Progress now) {
                progress.add(now);
            }

            @Override
            public boolean isToStop() {
                return progress.getLast().scored() >= 8;
            }
        };
        var stopped = new Runner(Instruments.of(judge), new Runner.Division(4, false), stopping);
        Optional<Results> found = Optional.empty();
        for (int runs = 0; runs < 6; runs++) {
            assertEquals(8L * runs, progress.isEmpty() ? 0 : progress.getLast().done());
            found = stopped.run(plan(MadeUp.of(3)), records("stopped"));
            assertEquals(runs == 5, found.isPresent());
        }
        assertEquals(expected, found.orElseThrow());
        assertEquals(48, askedModel.size());
        assertTrue(progress.stream().allMatch(now -> now.total() == 48 && now.scored() <= now.asked()));
        assertEquals(48, progress.getLast().done());
    }

    @Test
    void whatAJudgeMissedIsAskedAgainOnlyWhereThatIsWanted() {
        var before = run("a", 4);
        long unable = before.results().stream().flatMap(one -> one.lines().stream())
            .filter(line -> line.response() instanceof Response.Unable).count();
        long missing = before.results().stream().mapToLong(one -> one.headline().orElseThrow().missing()).sum();
        var willing = new ScriptedJudge("made-up", question -> {
            askedJudge.add(question);
            return Verdict.Given.of("1");
        });
        askedModel.clear();
        askedJudge.clear();
        assertEquals(before, new Runner(Instruments.of(willing), new Runner.Division(4, false), RunListener.SILENT)
            .run(plan(MadeUp.of(3)), records("a")).orElseThrow());
        assertEquals(0, askedJudge.size());
        var after = new Runner(Instruments.of(willing), new Runner.Division(4, true), RunListener.SILENT)
            .run(plan(MadeUp.of(3)), records("a")).orElseThrow();
        assertEquals(0, askedModel.size());
        assertEquals(missing - unable, askedJudge.size());
        assertEquals(unable, after.results().stream().mapToLong(one -> one.headline().orElseThrow().missing()).sum());
        assertEquals(after, run("a", 4));
    }

    @Test
    void recordsOfAnotherRunAreRefused() {
        run("a", 4);
        var plan = plan(MadeUp.of(3));
        var file = records("a");
        assertRefused(file + " is of a run with seed: 7; this one has 8: give the same again, or name another folder",
            new RunPlan(plan.candidates(), plan.parts(), plan.prompts(), plan.extent(), 8), file);
        assertRefused(file + " is of a run with model two: hash of two; this one has none: give the same again, or name another folder",
            new RunPlan(plan.candidates().subList(0, 1), plan.parts(), plan.prompts(), plan.extent(), 7), file);
        assertRefused(file + " is of a run with limit: none; this one has 2: give the same again, or name another folder",
            new RunPlan(plan.candidates(), plan.parts(), plan.prompts(), new RunPlan.Extent(OptionalInt.of(2), OptionalInt.of(2)), 7),
            file);
        var other = new RunPlan.Part(MadeUp.of(3), plan.parts().getFirst().options(), new java.util.LinkedHashMap<>());
        assertRefused(file + " is of a run with made-up's file words.csv: 00ff; this one has none: give the same again, or name another "
            + "folder", new RunPlan(plan.candidates(), List.of(other), plan.prompts(), plan.extent(), 7), file);
    }

    private void assertRefused(String sentence, RunPlan plan, Path file) {
        askedModel.clear();
        assertEquals(sentence, assertThrows(LeewayException.class, () -> runner(4).run(plan, file)).getMessage());
        assertEquals(0, askedModel.size());
    }

    @Test
    void filesThatAreSomethingElseAreLeftAlone() throws IOException {
        var file = Files.writeString(folder.resolve("notes.txt"), "mine\n");
        var refused = assertThrows(LeewayException.class, () -> runner(4).run(plan(MadeUp.of(3)), file));
        assertEquals(file + " holds no records of an evaluation, or none that is whole; nothing of it was changed: name another folder, or "
            + "delete it to ask everything again", refused.getMessage());
        assertEquals("mine\n", Files.readString(file));
    }

    @Test
    void limitsEpochsAndSeedsAreThoseOfThePlan() {
        var plan = plan(MadeUp.of(3));
        var small = new RunPlan(plan.candidates().subList(0, 1), plan.parts(), PROMPTS.subList(0, 1),
            new RunPlan.Extent(OptionalInt.of(1), OptionalInt.of(2)), 7);
        var results = runner(4).run(small, records("small")).orElseThrow();
        assertEquals(4, askedModel.size());
        var whole = run("whole", 4);
        assertEquals(whole.results().getFirst().lines().getFirst(), results.results().getFirst().lines().getFirst());
        var cards = new RunPlan(small.candidates(), small.parts(), small.prompts(), RunPlan.Extent.ALL, 8);
        var others = runner(4).run(cards, records("cards")).orElseThrow();
        assertEquals(6, others.results().getFirst().lines().size());
        assertNotEquals(whole.results().getFirst().lines(), others.results().getFirst().lines());
    }

    @Test
    void whatIsMissingOrTwiceIsSaidBeforeAnythingIsAsked() {
        var plan = plan(MadeUp.of(3));
        var without = new Runner(Instruments.NONE, new Runner.Division(4, false), RunListener.SILENT);
        assertEquals("benchmark made-up needs a judge: give --judge_model (and --judge_endpoint), or leave the benchmark out",
            assertThrows(LeewayException.class, () -> without.run(plan, records("a"))).getMessage());
        assertFalse(Files.exists(records("a")));
        assertEquals("the model one is named twice, and results could not be told apart; give one another name with NAME=DIR",
            assertThrows(LeewayException.class, () ->
            new RunPlan(Stream.of(0, 0).map(plan.candidates()::get).toList(), plan.parts(), PROMPTS, TWO_EPOCHS, 7)).getMessage());
        var twice = new MadeUp(List.of(MadeUp.of(1).items().getFirst(), MadeUp.of(1).items().getFirst()));
        assertEquals("benchmark made-up has two items with the id word-0; results could not be told apart: give each row an id of its own",
            assertThrows(LeewayException.class, () -> runner(4).run(plan(twice), records("a"))).getMessage());
        assertEquals(0, askedModel.size());
    }

    @Test
    void numbersThatAreNoneAreNeverRecorded() throws IOException {
        var mad = new ScriptedJudge("made-up", _ -> Verdict.Given.of("NaN"));
        var refused = assertThrows(LeewayException.class, () -> new Runner(Instruments.of(mad), new Runner.Division(4, false),
            RunListener.SILENT).run(plan(MadeUp.of(3)), records("a")));
        assertTrue(refused.getMessage().startsWith("a value is NaN; a finite number is expected"), refused.getMessage());
        assertEquals(0, Files.readString(records("a")).lines().filter(line -> line.contains("score_of")).count());
    }

    /** Two names of one model share their answers, and those of the second are there when the first is done. */
    @Test
    void progressCountsAnswersThatTwoNamesShareForBoth() {
        var told = new ArrayList<RunListener.Progress>();
        var listener = new RunListener() {
            @Override
            public void progressed(Progress progress) {
                told.add(progress);
            }
        };
        var whole = plan(MadeUp.of(3));
        var one = whole.candidates().getFirst();
        var plan = new RunPlan(List.of(one, new Candidate("again", one.hash(), one.details(), one.ability(), one.opener())),
            whole.parts(), PROMPTS, TWO_EPOCHS, 7);
        new Runner(Instruments.of(judge), new Runner.Division(5, false), listener).run(plan, records("twice")).orElseThrow();
        assertEquals(48, told.getLast().total());
        assertEquals(48, told.getLast().done());
        assertEquals(24, told.getLast().asked());
    }

    @Test
    void aRewardModelIsNotAskedToWriteNorALanguageModelToRate() {
        var one = plan(MadeUp.of(3)).candidates().getFirst();
        for (var ability : Candidate.Ability.values()) {
            var candidate = new Candidate("one", one.hash(), one.details(), ability, one.opener());
            List<Request> requests = List.of(MadeUp.of(1).request(MadeUp.of(1).items().getFirst(), Setting.BARE),
                new Request.Rate(Setting.EvaluationPrompt.NONE.around("Hi?"), "Hi."));
            for (var request : requests) {
                boolean fits = ability == Candidate.Ability.BOTH || ability == Candidate.Ability.RATING == request instanceof Request.Rate;
                if (fits) {
                    candidate.requireFor("b", request);
                } else {
                    assertTrue(assertThrows(LeewayException.class, () -> candidate.requireFor("b", request)).getMessage()
                        .startsWith("benchmark b needs a "));
                }
            }
        }
        var rating = new Candidate("one", one.hash(), one.details(), Candidate.Ability.RATING, one.opener());
        assertEquals("benchmark made-up needs a language model, and one is a reward model; leave one of the two out",
            assertThrows(LeewayException.class, () -> new RunPlan(List.of(rating), List.of(MadeUp.of(3).part()), PROMPTS, TWO_EPOCHS, 7))
                .getMessage());
    }
}
