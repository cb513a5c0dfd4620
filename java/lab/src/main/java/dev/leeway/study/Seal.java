package dev.leeway.study;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import dev.leeway.io.Sha256;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The analysis as it was named before anything was seen: arms, exams, contrasts, seeds, alpha and correction, what the study is carried out
 * on and what it is examined with. It is written once, with how much was stored then; what is different later is told with every result,
 * and results outside it are exploratory.
 */
public final class Seal {

    private static final String SUM = "sha256";
    private static final String BASIS = "basis";
    private static final String MADE = "made";
    private static final String INSTRUMENTS = "instruments";
    private static final String STORED = "stored";
    private static final String TRAININGS = "trainings";
    private static final String EXAMINATIONS = "examinations";
    private static final List<String> PARTS = List.of(BASIS, "rows", "arms", "exams", INSTRUMENTS, "contrasts");

    private Seal() {
    }

    /** What is sealed of a study. */
    public static ObjectNode of(Study study) {
        var json = JsonFile.newObject().put("study", study.title().name()).put("question", study.title().question());
        var terms = json.putObject("terms").put("alpha", study.terms().alpha()).put("correction", study.terms().correction());
        study.terms().seeds().forEach(terms.putArray("seeds")::add);
        var rows = json.putObject("rows");
        study.rows().forEach((name, made) -> rows.set(name, made.json()));
        var arms = json.putObject("arms");
        study.arms().forEach(arm -> {
            var one = arms.putObject(arm.name()).put("shared", arm.shared());
            var stages = one.putArray("stages");
            arm.stages().forEach(stage -> stages.add(stage.json().put("name", stage.name()).put("rows", stage.rows().orElse(""))));
        });
        var exams = json.putObject("exams");
        study.exams().forEach(exam -> {
            var one = exam.json().put("when", exam.extent().when().name().toLowerCase(Locale.ROOT));
            exam.extent().arms().forEach(one.putArray("arms")::add);
            exams.set(exam.name(), one);
        });
        var contrasts = json.putObject("contrasts");
        study.contrasts().forEach(contrast -> contrasts.set(contrast.name(), contrast.json()));
        return JsonFile.parse("the study", json.toString()).node(); // numbers as they are read back, whatever they were made from
    }

    private static ObjectNode of(Analysis analysis) {
        var json = of(analysis.plan().study());
        json.set(BASIS, analysis.plan().basis().json());
        var made = json.putObject(MADE);
        analysis.plan().made().forEach(made::put);
        var instruments = json.putObject(INSTRUMENTS);
        analysis.instruments().forEach(instruments::put);
        return json;
    }

    /**
     * All that is sealed.
     *
     * @param plan of the study, with what it is carried out on
     * @param instruments what outcomes of an exam depend on beside the model, by the exam's name: {@link Examiner#dependencies}, or that
     *     it isn't known yet
     */
    public record Analysis(Plan plan, SequencedMap<String, String> instruments) {

        /** Takes a copy. */
        public Analysis {
            instruments = new LinkedHashMap<>(instruments);
        }
    }

    /**
     * What could have been seen when a study was sealed.
     *
     * @param trainings of the plan that were stored
     * @param examinations of its models in its exams that were stored, or begun
     * @param isAsked whether any model was asked what one of its exams asks: of data that came and was taken away again, too
     */
    public record Stored(int trainings, int examinations, boolean isAsked) {

        /** Nothing. */
        public static final Stored NOTHING = new Stored(0, 0);

        /** So much, and nothing of other models. */
        public Stored(int trainings, int examinations) {
            this(trainings, examinations, examinations > 0);
        }

        /** When it was sealed, as a part of a sentence. */
        public String when() {
            return trainings + examinations == 0 ? "before anything was trained" : "when " + count(trainings, "training") + " and "
                + count(examinations, "examination") + " were stored";
        }

        static String count(int number, String what) {
            return number + " " + what + (number == 1 ? "" : "s");
        }
    }

    /**
     * Refuses the folder of another study.
     *
     * @throws LeewayException if the file seals one
     */
    public static void requireOf(Study study, Path file) {
        if (Files.exists(file)) {
            var name = JsonFile.read(file).requireObject("sealed").requireString("study");
            if (!name.equals(study.title().name())) {
                throw LeewayException.usage("%s seals the study %s, not %s; name another --output_dir", file, name, study.title().name());
            }
        }
    }

    /**
     * Writes the seal of a study with what is stored of it; where there is one, notes what has come since it was written.
     *
     * @throws LeewayException if there is one of another study
     */
    public static void seal(Analysis analysis, Stored stored, Path file) {
        requireOf(analysis.plan().study(), file);
        var now = of(analysis);
        if (Files.exists(file)) {
            Arrivals.beside(file).note(read(file), now, stored);
            return;
        }
        now.putObject(STORED).put(TRAININGS, stored.trainings()).put(EXAMINATIONS, stored.examinations());
        JsonFile.write(file, JsonFile.newObject().put(SUM, Sha256.of(now.toString())).set("sealed", now));
    }

    /**
     * How a study stands to what was sealed.
     *
     * @param sha256 of what was sealed; empty where nothing was
     * @param stored what could have been seen then
     * @param changes what is different, each a sentence; none where all is as it was sealed
     * @param contrasts those that are as they were sealed
     */
    public record Standing(Optional<String> sha256, Stored stored, List<String> changes, List<String> contrasts) {

        /** Takes copies. */
        public Standing {
            changes = List.copyOf(changes);
            contrasts = List.copyOf(contrasts);
        }

        /** Whether a contrast was named before anything was seen, and everything that it rests on is as it was. */
        public boolean isSealed(Contrast contrast) {
            return contrasts.contains(contrast.name());
        }

        /** Why results are not all what was sealed beforehand, each a sentence. */
        public List<String> told() {
            return Stream.concat(Stream.of("sealed " + stored.when()).filter(_ -> stored.examinations() > 0), changes.stream()).toList();
        }
    }

    /**
     * Compares a study's own value, and what it is carried out on, with what was sealed; neither what is made for it nor its instruments.
     *
     * @throws dev.leeway.LeewayException if the file isn't what was written
     */
    public static Standing compare(Study study, Basis basis, Path file) {
        var now = of(study);
        now.set(BASIS, basis.json());
        return compare(study, now, file);
    }

    /**
     * Compares all of it with what was sealed.
     *
     * @throws dev.leeway.LeewayException if the file isn't what was written
     */
    public static Standing compare(Analysis analysis, Path file) {
        return compare(analysis.plan().study(), of(analysis), file);
    }

    private static Standing compare(Study study, ObjectNode now, Path file) {
        if (!Files.exists(file)) {
            return new Standing(Optional.empty(), Stored.NOTHING, List.of("nothing was sealed before the study ran"), List.of());
        }
        var sealed = read(file);
        var changes = new ArrayList<>(Arrivals.beside(file).into(sealed));
        if (!now.get("terms").equals(sealed.get("terms"))) {
            changes.add("terms: sealed " + sealed.get("terms") + ", now " + now.get("terms"));
        }
        PARTS.stream().filter(now::has).forEach(part -> changes.addAll(changes(part, sealed.path(part), now.path(part))));
        changes.addAll(remade(sealed, now).stream().map(name -> "rows: " + name + " are made otherwise than when the study was sealed")
            .toList());
        var stored = new Stored(sealed.path(STORED).path(TRAININGS).asInt(), sealed.path(STORED).path(EXAMINATIONS).asInt());
        return new Standing(Optional.of(JsonFile.read(file).requireString(SUM)), stored, changes,
            stored.examinations() > 0 ? List.of() : standing(study, sealed, now));
    }

    private static ObjectNode read(Path file) {
        var stored = JsonFile.read(file);
        var sealed = stored.requireObject("sealed").node();
        if (!Sha256.of(sealed.toString()).equals(stored.requireString(SUM))) {
            throw stored.wrong(SUM, "is not that of what is sealed here: the file was changed by hand; put it back, or seal the study "
                + "in another folder");
        }
        return sealed;
    }

    /** What is made otherwise; of seeds and files that one of the two alone has, the terms and the arms tell. */
    private static List<String> remade(ObjectNode sealed, ObjectNode now) {
        return now.path(MADE).propertyStream().filter(one -> sealed.path(MADE).has(one.getKey())
            && !sealed.path(MADE).get(one.getKey()).equals(one.getValue())).map(Map.Entry::getKey).toList();
    }

    private static List<String> changes(String part, JsonNode sealed, JsonNode now) {
        var names = new TreeSet<>(sealed.propertyNames());
        names.addAll(now.propertyNames());
        var changes = new ArrayList<String>();
        for (var name : names) {
            if (!sealed.has(name)) {
                changes.add(part + ": " + name + " was added after sealing");
            } else if (!now.has(name)) {
                changes.add(part + ": " + name + " was sealed and is gone");
            } else if (!sealed.get(name).equals(now.get(name))) {
                changes.add(part + ": " + name + " was changed after sealing" + (part.equals(BASIS) ? ": sealed "
                    + sealed.get(name).asString() + ", now " + now.get(name).asString() : ""));
            }
        }
        return changes;
    }

    /**
     * A contrast stands if it, its arms with those whose models they take, all rows, its exams with their instruments, what the study is
     * carried out on and the terms were sealed; and if all this is so of its whole family.
     */
    private static List<String> standing(Study study, ObjectNode sealed, ObjectNode now) {
        if (Stream.of("terms", "rows", BASIS).filter(now::has).anyMatch(part -> !now.get(part).equals(sealed.path(part)))
            || !remade(sealed, now).isEmpty()) {
            return List.of();
        }
        var alone = study.contrasts().stream().filter(contrast -> same("contrasts", contrast.name(), sealed, now)
            && contrast.cells().stream().allMatch(cell -> study.withTaken(cell.arm()).allMatch(arm -> same("arms", arm, sealed, now))
            && same("exams", cell.exam(), sealed, now) && same(INSTRUMENTS, cell.exam(), sealed, now))).toList();
        return alone.stream().filter(contrast -> family(contrast, sealed).equals(family(contrast, now)) && study.contrasts().stream()
            .allMatch(other -> other.role() != contrast.role() || alone.contains(other))).map(Contrast::name).toList();
    }

    /** Correction is over all contrasts of a role, so none of them may be gone, have come, or be another. */
    private static Set<String> family(Contrast contrast, ObjectNode of) {
        var role = contrast.json().path("role");
        return of.path("contrasts").propertyStream().filter(one -> one.getValue().path("role").equals(role)).map(Map.Entry::getKey)
            .collect(Collectors.toSet());
    }

    private static boolean same(String part, String name, ObjectNode sealed, ObjectNode now) {
        return !now.has(part) || sealed.path(part).has(name) && sealed.path(part).get(name).equals(now.path(part).get(name));
    }
}
