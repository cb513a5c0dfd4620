package dev.leeway.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.eval.Setting;
import dev.leeway.io.JsonFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SequencedMap;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The study engine on trainings without models: what is done, what is kept, what is concluded. */
final class StudyRunTest {

    static final Contrast.Cell OF_A = new Contrast.Cell("a", "exam", "score", "", "none");

    @TempDir
    private Path temporary;

    @Test
    void armsShareWhatTheyBeginWithAndNothingIsDoneTwice() {
        var crew = new ToyCrew(10, 0);
        run(study(List.of(0L, 1L), 1, 2), crew, "shared");
        assertEquals(2 * 3, crew.done.stream().filter(work -> work.startsWith("train")).count(), "one base and two arms a seed");
        var again = new ToyCrew(10, 0);
        run(study(List.of(0L, 1L), 1, 2), again, "shared");
        assertEquals(List.of(), again.done);
        run(study(List.of(0L, 1L), 1, 3), again, "shared");
        assertEquals(List.of("train {effect=3.0}", "train {effect=3.0}", "examine exam", "examine exam"), again.done,
            "a changed arm and nothing else");
    }

    @Test
    void aStudyThatIsKilledAnywhereEndsWithTheSameBytes() {
        var study = study(List.of(0L, 1L, 2L), 1, 2);
        var whole = new ToyCrew(10, 0.1);
        var expected = JsonFile.pretty(run(study, whole, "whole").json(List.of()));
        for (int kill = 0; kill < whole.done.size(); kill++) {
            var crew = new ToyCrew(10, 0.1);
            crew.killBefore = kill;
            var name = "killed-" + kill;
            assertThrows(ToyCrew.Killed.class, () -> run(study, crew, name));
            crew.killBefore = Integer.MAX_VALUE;
            assertEquals(expected, JsonFile.pretty(run(study, crew, name).json(List.of())));
            assertEquals(whole.done, crew.done, "nothing was done twice");
        }
    }

    @Test
    void anEffectThatIsThereIsFoundAndOneThatIsNotIsNot() {
        var seeds = LongStream.range(0, 6).boxed().toList();
        var planted = run(study(seeds, 0, 1), new ToyCrew(40, 0.2), "planted").findings().getFirst();
        assertTrue(planted.isSignificant(0.05), planted.toString());
        assertTrue(planted.interval().orElseThrow().contains(-1), planted.toString());
        assertEquals(Findings.Over.SEEDS_AND_ITEMS, planted.over());
        var nothing = run(study(seeds, 0.5, 0.5), new ToyCrew(40, 0.2), "nothing");
        assertEquals(0, nothing.findings().getFirst().estimate().orElseThrow(), "identical arms are one training");
        assertEquals(1, nothing.findings().getFirst().p().orElseThrow());
    }

    /**
     * Identical arms whose models differ by luck alone: of 2,000 studies with 3 seeds at alpha .05, Binomial(2000, .05) has 99.9 % of its
     * mass from 69 to 134. Tested over items, which share their model's luck, hundreds more would be significant.
     */
    @Test
    void identicalArmsDifferAsOftenAsAlphaSays() {
        var random = new Random(7);
        int significant = 0;
        for (int trial = 0; trial < 2000; trial++) {
            var luck = new HashMap<String, Double>();
            significant += Findings.of(study(List.of(0L, 1L, 2L), 0, 1), (arm, _, seed) -> {
                double model = luck.computeIfAbsent(arm + seed, _ -> random.nextGaussian());
                return IntStream.range(0, 8).mapToObj(i -> new Examiner.Outcome("none", "item-" + i, Map.of(),
                    Map.of("score", model + 0.1 * random.nextGaussian()), Map.of())).toList();
            }).getFirst().isSignificant(0.05) ? 1 : 0;
        }
        assertTrue(significant >= 69 && significant <= 134, significant + " of 2000");
    }

    @Test
    void identicalArmsThatDrawTheirOwnAreTwoTrainings() {
        var crew = new ToyCrew(8, 0.5);
        var study = drawingTheirOwn(study(List.of(0L), 0.5, 0.5));
        assertNotEquals(0, run(study, crew, "own").findings().getFirst().estimate().orElseThrow());
        assertEquals(3, crew.done.stream().filter(work -> work.startsWith("train")).count(), "one base for both");
    }

    @Test
    void aStudyNamesAllThatItsPartsLack() {
        var good = study(List.of(0L), 1, 2);
        var failure = assertThrows(LeewayException.class, () -> new Study(good.title(), new LinkedHashMap<>(), good.arms(), List.of(),
            good.contrasts(), good.terms()));
        assertTrue(failure.getMessage().contains("texts, of which there are no rows") && failure.getMessage().contains("the exam exam"),
            failure.getMessage());
    }

    @Test
    void anExamOfSomeArmsIsTakenByTheseAlone() {
        var study = study(List.of(0L), 1, 2);
        var exam = study.exams().getFirst();
        var some = new Exam("some", exam.benchmark(), exam.items(), exam.options(), exam.prompts(), new Exam.Extent(Exam.When.STAGE_END, 0,
            0).of(List.of("b")));
        var taken = run(new Study(study.title(), study.rows(), study.arms(), List.of(exam, some), study.contrasts(), study.terms()),
            new ToyCrew(4, 0), "some").outcomes().keySet().stream().filter(sitting -> sitting.exam().equals(some)).toList();
        assertEquals(List.of("base", "tuned"), taken.stream().map(sitting -> sitting.node().stage().name()).toList());
        var failure = assertThrows(LeewayException.class, () -> new Study(study.title(), study.rows(), study.arms(),
            List.of(new Exam("exam", exam.benchmark(), exam.items(), exam.options(), exam.prompts(), Exam.Extent.OF_ARMS.of(List.of("b",
            "d")))), study.contrasts(), study.terms()));
        assertTrue(failure.getMessage().contains("is for the arm d, which there is not")
            && failure.getMessage().contains("the exam exam of arm a, whose models don't take it"), failure.getMessage());
    }

    @Test
    void studiesThatShareAStoreTrainWhatTheyHaveInCommonOnce() {
        var crew = new ToyCrew(4, 0.1);
        var one = run(study(List.of(0L), 1, 2), crew, new StudyFolder(temporary.resolve("one"), temporary.resolve("store")));
        assertEquals(3, crew.done.stream().filter(work -> work.startsWith("train")).count());
        var other = study(List.of(0L), 1, 3);
        var title = new Study.Title("another", "Does a differ from a stronger b?", "");
        var second = new ToyCrew(4, 0.1);
        run(new Study(title, other.rows(), other.arms(), other.exams(), other.contrasts(), other.terms()), second,
            new StudyFolder(temporary.resolve("two"), temporary.resolve("store")));
        assertEquals(List.of("train {effect=3.0}", "examine exam"), second.done, "the base and arm a are there");
        var alone = run(study(List.of(0L), 1, 2), new ToyCrew(4, 0.1), "alone");
        assertEquals(alone.json(List.of()), one.json(List.of()), "where things are stored changes nothing");
        assertFalse(Files.exists(temporary.resolve("one/stages")) || Files.exists(temporary.resolve("two/exams")));
    }

    @Test
    void thinnedRowsAreSomeOfTheOthers() throws Exception {
        var file = Files.writeString(temporary.resolve("rows.jsonl"), "{\"a\":1}\n{\"a\":1}\n{\"a\":2}\n{\"a\":3}\n{\"a\":4}\n");
        var given = new Rows.Given(file);
        assertEquals("{\"a\":1}\n{\"a\":2}\n{\"a\":4}\n", Files.readString(rows("every second", new Rows.Thinned(given, 2, false))));
        assertEquals("{\"a\":1}\n{\"a\":3}\n", Files.readString(rows("after leaving out", new Rows.Thinned(given, 2, true))));
        assertNotEquals(new Rows.Thinned(given, 2, true).json(), new Rows.Thinned(given, 2, false).json());
        assertThrows(LeewayException.class, () -> new Rows.Thinned(given, 0, false));
    }

    private Path rows(String name, Rows rows) {
        return new StudyFolder(temporary.resolve(name)).rows("0123456789abcdef", new Plan.RowsOf(rows, 0), new ToyCrew(1, 0));
    }

    @Test
    void anOptionNamesAFileThatIsMade() throws Exception {
        var crew = new ToyCrew(4, 0);
        run(withOption(study(List.of(0L), 1, 1), "made:words#words.txt"), crew, "made");
        var given = crew.done.getFirst().replaceAll(".*prompt_file=|}$", "");
        assertEquals("words", Files.readString(Path.of(given)));
        var failure = assertThrows(LeewayException.class, () -> run(withOption(study(List.of(0L), 1, 1), "made:words#word.txt"), crew,
            "made"));
        assertTrue(failure.getMessage().contains("names the file word.txt, which words does not make"), failure.getMessage());
    }

    private static Study withOption(Study study, String promptFile) {
        var stage = Stage.of("tuned", "sft", "texts", Map.of("effect", "1", "prompt_file", promptFile));
        return new Study(study.title(), study.rows(), List.of(Arm.of("a", "has words", stage), study.arms().getLast()), study.exams(),
            study.contrasts(), study.terms());
    }

    @Test
    void optionsInAnotherOrderAreTheSameStudy() {
        assertEquals(Seal.of(ordered("a", "b")).toString(), Seal.of(ordered("b", "a")).toString());
        assertEquals(Plan.of(ordered("a", "b"), Optional.empty()).nodes().getFirst().hash(),
            Plan.of(ordered("b", "a"), Optional.empty()).nodes().getFirst().hash());
    }

    private static Study ordered(String first, String second) {
        SequencedMap<String, String> options = new LinkedHashMap<>();
        options.put(first, "of " + first);
        options.put(second, "of " + second);
        var study = study(List.of(0L), 1, 2);
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put("texts", new Rows.Made("texts", 3, options, true));
        var exam = study.exams().getFirst();
        return new Study(study.title(), rows, List.of(Arm.of("a", "", new Stage("one", "toy", Optional.of("texts"), options, ""))),
            List.of(new Exam(exam.name(), exam.benchmark(), exam.items(), options, exam.prompts(), exam.extent())), List.of(),
            study.terms());
    }

    @Test
    void oneSeedIsTestedOverItemsAndSaysSo() {
        var finding = run(study(List.of(0L), 0, 1), new ToyCrew(30, 0), "one").findings().getFirst();
        assertEquals(Findings.Over.ITEMS, finding.over());
        assertEquals(30, finding.coverage().items());
    }

    @Test
    void anInteractionIsADifferenceOfDifferences() {
        var study = study(List.of(0L, 1L, 2L), 0, 1);
        var english = Contrast.difference("en", Contrast.Role.PRIMARY, OF_A.in("language=en"), OF_A.of("b").in("language=en"));
        var spanish = Contrast.difference("es", Contrast.Role.PRIMARY, OF_A.in("language=es"), OF_A.of("b").in("language=es"));
        var both = Contrast.interaction("gap", Contrast.Role.SECONDARY, english, spanish);
        var findings = run(new Study(study.title(), study.rows(), study.arms(), study.exams(), List.of(english, spanish, both),
            study.terms()), new ToyCrew(12, 0.1), "gap").findings();
        study.terms().seeds().forEach(seed -> assertEquals(findings.get(0).values().get(seed) - findings.get(1).values().get(seed),
            findings.get(2).values().get(seed), 1e-12));
    }

    private StudyResults run(Study study, ToyCrew crew, String name) {
        return run(study, crew, new StudyFolder(temporary.resolve(name)));
    }

    static StudyResults run(Study study, ToyCrew crew, StudyFolder folder) {
        return new StudyRun(Plan.of(study, Optional.empty()), folder, crew.crew(), Optional.empty(), new StudyRun.Listener() {
            private List<StudyRun.Piece> left = List.of();

            @Override
            public void left(List<StudyRun.Piece> pieces) {
                left = new ArrayList<>(pieces);
            }

            @Override
            public void begins(StudyRun.Piece piece) {
                assertTrue(piece.place().number() <= piece.place().of());
                assertEquals(piece, left.getFirst(), "what was said to come next");
            }

            @Override
            public void ended(StudyRun.Piece piece) {
                left.remove(piece);
            }
        }).run().orElseThrow();
    }

    /** A shared base, then two arms whose trainings add so much to their models. */
    static Study study(List<Long> seeds, double ofA, double ofB) {
        var base = stage("base", 0);
        var arms = List.of(Arm.of("a", "adds " + ofA, base, stage("tuned", ofA)), Arm.of("b", "adds " + ofB, base, stage("tuned", ofB)));
        SequencedMap<String, Rows> rows = new LinkedHashMap<>();
        rows.put("texts", new Rows.Made("texts", 3, new LinkedHashMap<>(), true));
        var exam = new Exam("exam", "toy", Optional.empty(), new LinkedHashMap<>(), List.of(Setting.EvaluationPrompt.NONE),
            Exam.Extent.OF_ARMS);
        return new Study(new Study.Title("toy", "Does a differ from b?", ""), rows, arms, List.of(exam),
            List.of(Contrast.difference("a − b", Contrast.Role.PRIMARY, OF_A, OF_A.of("b"))), new Study.Terms(seeds, 0.05, "holm"));
    }

    static Stage stage(String name, double effect) {
        return Stage.of(name, "sft", "texts", Map.of("effect", String.valueOf(effect)));
    }

    private static Study drawingTheirOwn(Study study) {
        return new Study(study.title(), study.rows(), study.arms().stream().map(arm -> arm.drawingItsOwnBehind(1)).toList(), study.exams(),
            study.contrasts(), study.terms());
    }
}
