package dev.leeway.study;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import dev.leeway.io.Sha256;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * The analysis as it was named before anything was seen: arms, exams, contrasts, seeds, alpha and correction. It is written once; what is
 * different later is told with every result, and results outside it are exploratory.
 */
public final class Seal {

    /** The sum of a file among JSON. */
    private static final Pattern SUM = Pattern.compile("(?<=\"sha256\":\")[0-9a-f]{64}(?=\")");
    private static final List<String> PARTS = List.of("rows", "arms", "exams", "contrasts");

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

    /**
     * Writes the seal of a study, unless there is one.
     *
     * @throws LeewayException if there is one of another study
     */
    public static void seal(Study study, Path file) {
        if (!Files.exists(file)) {
            var sealed = of(study);
            JsonFile.write(file, JsonFile.newObject().put("sha256", Sha256.of(sealed.toString())).set("sealed", sealed));
            return;
        }
        var name = JsonFile.read(file).requireObject("sealed").requireString("study");
        if (!name.equals(study.title().name())) {
            throw LeewayException.usage("%s seals the study %s, not %s; name another --output_dir", file, name, study.title().name());
        }
    }

    /**
     * How a study stands to what was sealed.
     *
     * @param sha256 of what was sealed; empty where nothing was
     * @param changes what is different, each a sentence; none where all is as it was sealed
     * @param contrasts those that are as they were sealed
     */
    public record Standing(Optional<String> sha256, List<String> changes, List<String> contrasts) {

        /** Takes copies. */
        public Standing {
            changes = List.copyOf(changes);
            contrasts = List.copyOf(contrasts);
        }

        /** Whether a contrast was named before and everything that it rests on is as it was. */
        public boolean isSealed(Contrast contrast) {
            return contrasts.contains(contrast.name());
        }
    }

    /**
     * Compares a study with what was sealed.
     *
     * @throws dev.leeway.LeewayException if the file isn't what was written
     */
    public static Standing compare(Study study, Path file) {
        if (!Files.exists(file)) {
            return new Standing(Optional.empty(), List.of("nothing was sealed before the study ran"), List.of());
        }
        var stored = JsonFile.read(file);
        var sealed = stored.requireObject("sealed").node();
        if (!Sha256.of(sealed.toString()).equals(stored.requireString("sha256"))) {
            throw stored.wrong("sha256", "is not that of what is sealed here: the file was changed by hand; put it back, or seal the study "
                + "in another folder");
        }
        var now = of(study);
        var changes = new ArrayList<>(takeWhatCame(sealed.withObject("rows"), now.withObject("rows")));
        if (!now.get("terms").equals(sealed.get("terms"))) {
            changes.add("terms: sealed " + sealed.get("terms") + ", now " + now.get("terms"));
        }
        PARTS.forEach(part -> changes.addAll(changes(part, sealed.path(part), now.path(part))));
        return new Standing(Optional.of(stored.requireString("sha256")), changes, standing(study, sealed, now));
    }

    /**
     * Files that were not there when the study was sealed, as of one that is planned before its data is had, are taken as they came: told,
     * and no reason to call a result exploratory.
     */
    private static List<String> takeWhatCame(ObjectNode sealed, ObjectNode now) {
        var came = new ArrayList<String>();
        for (var name : List.copyOf(sealed.propertyNames())) {
            var rows = now.path(name);
            if (!rows.equals(sealed.get(name)) && SUM.matcher(rows.toString()).replaceAll(Rows.Given.ABSENT)
                .equals(sealed.get(name).toString())) {
                sealed.set(name, rows);
                came.add("rows: " + name + " were not there when the study was sealed");
            }
        }
        return came;
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
                changes.add(part + ": " + name + " was changed after sealing");
            }
        }
        return changes;
    }

    /** A contrast stands if it, its family, its arms with those whose models they take, all rows, its exams and the terms were sealed. */
    private static List<String> standing(Study study, ObjectNode sealed, ObjectNode now) {
        if (!now.get("terms").equals(sealed.get("terms")) || !now.get("rows").equals(sealed.get("rows"))) {
            return List.of();
        }
        return study.contrasts().stream().filter(contrast -> same("contrasts", contrast.name(), sealed, now)
            && sameFamily(contrast, sealed, now)
            && contrast.cells().stream().allMatch(cell -> study.withTaken(cell.arm()).allMatch(arm -> same("arms", arm, sealed, now))
            && same("exams", cell.exam(), sealed, now))).map(Contrast::name).toList();
    }

    /** Correction is over all contrasts of a role, so none of them may be gone, or have come. */
    private static boolean sameFamily(Contrast contrast, ObjectNode sealed, ObjectNode now) {
        return family(contrast, sealed).equals(family(contrast, now));
    }

    private static Set<String> family(Contrast contrast, ObjectNode of) {
        var role = contrast.json().path("role");
        return of.path("contrasts").propertyStream().filter(one -> one.getValue().path("role").equals(role)).map(Map.Entry::getKey)
            .collect(Collectors.toSet());
    }

    private static boolean same(String part, String name, ObjectNode sealed, ObjectNode now) {
        return sealed.path(part).has(name) && sealed.path(part).get(name).equals(now.path(part).get(name));
    }
}
