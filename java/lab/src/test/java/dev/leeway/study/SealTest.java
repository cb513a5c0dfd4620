package dev.leeway.study;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a seal holds, and what becomes of results where something isn't as it was sealed. */
final class SealTest {

    private static final Contrast.Cell OF_A = StudyRunTest.OF_A;
    private static final Study STUDY = StudyRunTest.study(List.of(0L), 1, 2);
    private static final Contrast FIRST = STUDY.contrasts().getFirst();

    @TempDir
    private Path temporary;
    private StudyFolder folder;

    @BeforeEach
    void create() {
        folder = new StudyFolder(temporary.resolve("sealed"), temporary.resolve("store"));
        folder.create();
    }

    private static Seal.Analysis analysis(Study study) {
        return analysis(study, "toy");
    }

    private static Seal.Analysis analysis(Study study, String instruments) {
        return analysis(study, instruments, Basis.of(Optional.empty()));
    }

    private static Seal.Analysis analysis(Study study, String instruments, Basis basis) {
        SequencedMap<String, String> known = new LinkedHashMap<>();
        study.exams().forEach(exam -> known.put(exam.name(), instruments));
        return new Seal.Analysis(Plan.of(study, basis), known);
    }

    private void seal(Seal.Analysis analysis) {
        Seal.seal(analysis, Seal.Stored.NOTHING, folder.seal());
    }

    private Seal.Standing standing(Seal.Analysis analysis) {
        return Seal.compare(analysis, folder.seal());
    }

    private Seal.Standing standing(Study study) {
        return standing(analysis(study));
    }

    @Test
    void whatChangedAfterSealingIsTold() {
        seal(analysis(STUDY));
        assertEquals(List.of(), standing(STUDY).changes());
        assertTrue(standing(STUDY).isSealed(FIRST));

        var otherSeed = standing(STUDY.withSeeds(List.of(0L, 1L)));
        assertFalse(otherSeed.isSealed(FIRST));
        assertEquals(1, otherSeed.changes().size(), otherSeed.toString());

        var otherArm = standing(StudyRunTest.study(List.of(0L), 1, 2.5));
        assertEquals(List.of("arms: b was changed after sealing"), otherArm.changes());
        assertFalse(otherArm.isSealed(FIRST));

        var more = with(FIRST, spanish(Contrast.Role.SECONDARY, 1));
        var added = standing(more);
        assertEquals(List.of("contrasts: es was added after sealing"), added.changes());
        assertTrue(added.isSealed(more.contrasts().getFirst()));
        assertFalse(added.isSealed(more.contrasts().get(1)));
    }

    private static Contrast spanish(Contrast.Role role, double weight) {
        return new Contrast("es", role, List.of(new Contrast.Part(weight, OF_A.in("language=es")),
            new Contrast.Part(-weight, OF_A.of("b").in("language=es"))), FIRST.published());
    }

    private static Study with(Contrast... contrasts) {
        return new Study(STUDY.title(), STUDY.rows(), STUDY.arms(), STUDY.exams(), List.of(contrasts), STUDY.terms());
    }

    @Test
    void anotherModelDeviceNumberTypeOrJudgeIsTold() {
        seal(analysis(STUDY, "judges [a]", basis("one", "cpu", "float32")));
        for (var other : List.of(basis("other", "cpu", "float32"), basis("one", "cuda", "float32"), basis("one", "cpu", "bfloat16"))) {
            var standing = standing(analysis(STUDY, "judges [a]", other));
            assertEquals(1, standing.changes().size(), standing.toString());
            assertTrue(standing.changes().getFirst().startsWith("basis: "), standing.toString());
            assertFalse(standing.isSealed(FIRST));
        }
        var judged = standing(analysis(STUDY, "judges [b]", basis("one", "cpu", "float32")));
        assertEquals(List.of("instruments: exam was changed after sealing"), judged.changes());
        assertFalse(judged.isSealed(FIRST));
        assertTrue(standing(analysis(STUDY, "judges [a]", basis("one", "cpu", "float32"))).isSealed(FIRST));
    }

    private static Basis basis(String model, String device, String dtype) {
        return new Basis(Optional.of(model), device, dtype, Optional.empty());
    }

    /** Sealed anew, in another folder with the same store or where the seal was deleted, with one more item seen or less. */
    @Test
    void aStudyThatIsSealedAfterItsResultsWereSeenIsExploratory() throws IOException {
        seal(STUDY, folder, "before anything was trained");
        assertTrue(run(STUDY, folder).standing().isSealed(FIRST));
        assertEquals(List.of(), run(STUDY, folder).standing().told(), "one that goes on is as it was sealed");

        var second = new StudyFolder(temporary.resolve("second"), folder.store());
        second.create();
        seal(STUDY, second, "when 3 trainings and 2 examinations were stored");
        var results = run(STUDY, second);
        assertFalse(results.standing().isSealed(FIRST));
        assertEquals(List.of("sealed when 3 trainings and 2 examinations were stored"), results.standing().told());
        assertEquals("The analysis was sealed when 3 trainings and 2 examinations were stored (SHA-256 "
            + results.standing().sha256().orElseThrow().substring(0, 12) + "…), so all of it is exploratory.",
            new StudyPagePlan(results).standing());

        Files.delete(folder.seal());
        var exam = STUDY.exams().getFirst();
        seal(new Study(STUDY.title(), STUDY.rows(), STUDY.arms(), List.of(exam.of(new Exam.Extent(Exam.When.ARM_END, 3, 0))),
            STUDY.contrasts(), STUDY.terms()), folder, "when 3 trainings and 2 examinations were stored");
    }

    private static void seal(Study study, StudyFolder folder, String when) {
        var crew = new ToyCrew(4, 0);
        assertEquals(when, new StudyRun(Plan.of(study, Optional.empty()), folder, crew.crew(), Optional.empty(), StudyRun.Listener.SILENT)
            .seal().stored().when());
        assertEquals(List.of(), crew.done);
    }

    private static StudyResults run(Study study, StudyFolder folder) {
        return StudyRunTest.run(study, new ToyCrew(4, 0), folder);
    }

    /** The base that another study trained says nothing of what this one asks. */
    @Test
    void trainingsOfAnotherStudyInTheStoreAreToldAndUnsealNothing() {
        run(StudyRunTest.study(List.of(0L), 3, 4), new StudyFolder(temporary.resolve("another"), folder.store()));
        seal(STUDY, folder, "when 1 training and 0 examinations were stored");
        assertTrue(standing(STUDY).isSealed(FIRST));
        assertTrue(new StudyPagePlan(run(STUDY, folder)).standing().endsWith("and this is that analysis."));
    }

    @Test
    void aFileThatComesAfterSealingIsTakenAndAnotherOneBehindAnExaminationIsAChange() {
        var file = temporary.resolve("late.jsonl");
        seal(analysis(onRowsOf(file)));
        StudyFolder.write(file, "{\"text\":\"a\"}\n");
        assertFalse(standing(onRowsOf(file)).isSealed(FIRST), "nobody noted that it came");
        seal(analysis(onRowsOf(file)));
        var standing = standing(onRowsOf(file));
        assertEquals(List.of("rows: texts was not there when the study was sealed"), standing.changes());
        assertTrue(standing.isSealed(FIRST));
        StudyFolder.write(file, "{\"text\":\"b\"}\n");
        Seal.seal(analysis(onRowsOf(file)), new Seal.Stored(0, 0, true), folder.seal());
        var another = standing(onRowsOf(file));
        assertEquals(List.of("rows: texts was not there when the study was sealed", "rows: texts was changed after sealing"),
            another.changes());
        assertFalse(another.isSealed(FIRST));
        StudyFolder.write(file, "{\"text\":\"a\"}\n");
        assertTrue(standing(onRowsOf(file)).isSealed(FIRST), "the first one again");
    }

    /** Sealed without data, planned while it is half downloaded, carried out with all of it; then with other data. */
    @Test
    void whatComesLaterTakesThePlaceOfWhatCameFirstUntilSomebodyIsExamined() throws IOException {
        var file = temporary.resolve("late.jsonl");
        var told = List.of("rows: texts was not there when the study was sealed");
        assertEquals(List.of(), planned(file).changes());
        StudyFolder.write(file, "{\"text\":\"a\"}\n");
        assertEquals(told, planned(file).changes());
        StudyFolder.write(file, "{\"text\":\"a\"}\n{\"text\":\"b\"}\n");
        assertEquals(told, planned(file).changes());
        assertTrue(run(onRowsOf(file), folder).standing().isSealed(FIRST));
        StudyFolder.write(file, "{\"text\":\"c\"}\n");
        assertEquals(List.of(told.getFirst(), "rows: texts was changed after sealing"), planned(file).changes());
        assertFalse(planned(file).isSealed(FIRST), "others' models, and the same questions");
        assertFalse(Files.readString(folder.path().resolve("arrivals.json")).contains("\"examinations\": 1"));
    }

    private Seal.Standing planned(Path file) {
        return new StudyRun(Plan.of(onRowsOf(file), Optional.empty()), folder, new ToyCrew(4, 0).crew(), Optional.empty(),
            StudyRun.Listener.SILENT).seal();
    }

    @Test
    void whatIsGoneAgainIsNoArrival() {
        seal(analysis(STUDY, Basis.ABSENT));
        seal(analysis(STUDY, "judges [a]"));
        seal(analysis(STUDY, Basis.ABSENT));
        assertTrue(standing(analysis(STUDY, "judges [a]")).isSealed(FIRST));
        assertEquals(List.of("instruments: exam was not there when the study was sealed"), standing(analysis(STUDY,
            "judges [a]")).changes());
    }

    private static Study onRowsOf(Path file) {
        SequencedMap<String, Rows> rows = new LinkedHashMap<>(Map.of("texts", new Rows.Given(file)));
        return new Study(STUDY.title(), rows, STUDY.arms(), STUDY.exams(), STUDY.contrasts(), STUDY.terms());
    }

    @Test
    void filesOfOptionsAndJudgesThatComeAfterSealingAreTakenOnce() {
        seal(analysis(rewardedBy("length:4,model:data:m#absent,model:data:n#absent"), Basis.ABSENT));
        var one = rewardedBy("length:4,model:data:m#0123456789abcdef,model:data:n#absent");
        seal(analysis(one, "judges [a]"));
        var both = rewardedBy("length:4,model:data:m#0123456789abcdef,model:data:n#fedcba9876543210");
        seal(analysis(both, "judges [a]"));
        assertTrue(standing(analysis(both, "judges [a]")).isSealed(FIRST), standing(analysis(both, "judges [a]")).toString());
        assertFalse(standing(analysis(both, "judges [b]")).isSealed(FIRST));
        for (var other : List.of("length:4,model:data:m#1123456789abcdef,model:data:n#fedcba9876543210",
                "length:5,model:data:m#0123456789abcdef,model:data:n#fedcba9876543210")) {
            Seal.seal(analysis(rewardedBy(other), "judges [a]"), new Seal.Stored(0, 0, true), folder.seal());
            assertEquals("arms: b was changed after sealing", standing(analysis(rewardedBy(other), "judges [a]")).changes().getLast());
        }
    }

    private static Study rewardedBy(String reward) {
        var stage = Stage.of("tuned", "sft", "texts", Map.of("effect", "2", "reward_funcs", reward));
        var arm = Arm.of("b", "adds 2.0", StudyRunTest.stage("base", 0), stage);
        return new Study(STUDY.title(), STUDY.rows(), List.of(STUDY.arms().getFirst(), arm), STUDY.exams(), STUDY.contrasts(),
            STUDY.terms());
    }

    /** As where the note of the first one was deleted. */
    @Test
    void whatComesWhenItsExaminationsAreStoredIsAChange() {
        seal(analysis(STUDY, Basis.ABSENT));
        Seal.seal(analysis(STUDY, "judges [b]"), new Seal.Stored(3, 2), folder.seal());
        var standing = standing(analysis(STUDY, "judges [b]"));
        assertEquals(List.of("instruments: exam came when 2 examinations were stored", "instruments: exam was changed after sealing"),
            standing.changes());
        assertFalse(standing.isSealed(FIRST));
    }

    @Test
    void aSealOrANoteThatWasChangedByHandIsRefused() throws IOException {
        seal(analysis(STUDY, Basis.ABSENT));
        seal(analysis(STUDY, "judges [a]"));
        refused(folder.path().resolve("arrivals.json"), "[a]", "[b]");
        refused(folder.seal(), "0.05", "0.10");
        Files.delete(folder.seal());
        Seal.seal(analysis(STUDY), new Seal.Stored(3, 2), folder.seal());
        refused(folder.seal(), "\"examinations\": 2", "\"examinations\": 0");
    }

    private void refused(Path file, String from, String to) throws IOException {
        var text = Files.readString(file);
        assertTrue(text.contains(from), text);
        Files.writeString(file, text.replace(from, to));
        var failure = assertThrows(LeewayException.class, () -> standing(STUDY));
        assertTrue(failure.getMessage().contains("changed by hand"), failure.getMessage());
        Files.writeString(file, text);
    }

    /** The reward model of an arm that is rewarded by it. */
    @Test
    void aContrastRestsOnTheArmsWhoseModelsItsOwnTake() {
        var user = using(STUDY);
        seal(analysis(user));
        var contrast = user.contrasts().getLast();
        assertTrue(standing(user).isSealed(contrast));
        assertFalse(standing(using(StudyRunTest.study(List.of(0L), 1.5, 2))).isSealed(contrast), "its judge was changed");
    }

    private static Study using(Study study) {
        var stage = Stage.of("rewarded", "ppo", "texts", Map.of("effect", "0", "reward_funcs", "model:arm:a"));
        var arms = new ArrayList<>(study.arms());
        arms.add(Arm.of("user", "rewarded by a", StudyRunTest.stage("base", 0), stage));
        var contrasts = List.of(study.contrasts().getFirst(), Contrast.difference("user − b", Contrast.Role.SECONDARY, OF_A.of("user"),
            OF_A.of("b")));
        return new Study(study.title(), study.rows(), arms, study.exams(), contrasts, study.terms());
    }

    /** Correction is over a family, so where one of its contrasts is gone or another one, the others aren't as they were sealed to be. */
    @Test
    void aContrastWhoseFamilyIsNotAsItWasSealedIsExploratory() {
        seal(analysis(with(FIRST, spanish(Contrast.Role.PRIMARY, 1))));
        var lost = standing(STUDY);
        assertEquals(List.of("contrasts: es was sealed and is gone"), lost.changes());
        assertFalse(lost.isSealed(FIRST));
        var other = standing(with(FIRST, spanish(Contrast.Role.PRIMARY, 2)));
        assertEquals(List.of("contrasts: es was changed after sealing"), other.changes());
        assertFalse(other.isSealed(FIRST));
        assertTrue(standing(with(FIRST, spanish(Contrast.Role.PRIMARY, 1))).isSealed(FIRST));
    }

    @Test
    void rowsThatAreMadeOtherwiseAreAnotherTrainingAndTold() {
        var basis = new Basis(Optional.empty(), "cpu", "float32", Optional.of(new ToyCrew(1, 0)));
        var changed = new Basis(Optional.empty(), "cpu", "float32", Optional.of(new ToyCrew(1, 0, "other ")));
        var before = Plan.of(STUDY, basis).nodes().getLast().hash();
        assertFalse(before.equals(Plan.of(STUDY, changed).nodes().getLast().hash()));
        seal(analysis(STUDY, "toy", basis));
        assertTrue(standing(analysis(STUDY, "toy", basis)).isSealed(FIRST));
        var standing = standing(analysis(STUDY, "toy", changed));
        assertEquals(List.of("rows: texts, seed 0 are made otherwise than when the study was sealed"), standing.changes());
        assertFalse(standing.isSealed(FIRST));
    }

    @Test
    void filesThatAreMadeOtherwiseLieElsewhere() {
        var one = folder.items("words", Map.of(), new ToyCrew(1, 0));
        var other = new StudyFolder(folder.path(), folder.store()).items("words", Map.of(), new ToyCrew(1, 0, "other "));
        assertFalse(one.equals(other));
        assertFalse(trainedOnMade(new ToyCrew(1, 0)).equals(trainedOnMade(new ToyCrew(1, 0, "other "))));
    }

    private static String trainedOnMade(Materials materials) {
        return Plan.of(rewardedBy("made:words#words.txt"), new Basis(Optional.empty(), "cpu", "float32", Optional.of(materials))).nodes()
            .getLast().hash();
    }

    @Test
    void aTrainingOnAnotherDeviceIsAnotherTraining() {
        assertFalse(Plan.of(STUDY, basis("one", "cpu", "float32")).nodes().getLast().hash()
            .equals(Plan.of(STUDY, basis("one", "cuda", "float32")).nodes().getLast().hash()));
    }

    @Test
    void aSealHoldsWhatWasStored() {
        Seal.seal(analysis(STUDY), new Seal.Stored(3, 2), folder.seal());
        var stored = JsonFile.read(folder.seal()).requireObject("sealed").requireObject("stored");
        assertEquals(List.of(3, 2), List.of(stored.requireInt("trainings"), stored.requireInt("examinations")));
        assertEquals(List.of("sealed when 3 trainings and 2 examinations were stored"), standing(STUDY).told());
        assertFalse(standing(STUDY).isSealed(FIRST));
    }
}
