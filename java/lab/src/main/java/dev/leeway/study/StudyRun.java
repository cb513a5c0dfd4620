package dev.leeway.study;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import dev.leeway.io.Sha256;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;

/**
 * Carries out a study, or goes on with one: what is there under its hash is not done again. A study that was killed and goes on ends with
 * the same results, to the byte.
 */
public final class StudyRun {

    /**
     * Who does the work.
     *
     * @param workshop trains
     * @param examiner examines
     * @param materials makes rows and items
     */
    public record Crew(Workshop workshop, Examiner examiner, Materials materials) {
    }

    /**
     * A piece of work.
     *
     * @param kind pieces of one kind take about as long for each unit of their size
     * @param size of what it is trained on; 1 for an examination
     * @param what it is, for people
     * @param place among all of its work
     */
    public record Piece(String kind, long size, String what, Place place) {
    }

    /**
     * Where a piece of work stands.
     *
     * @param training whether it is a training; if not, an examination
     * @param number from 1
     * @param of how many, those included that are stored already
     */
    public record Place(boolean training, int number, int of) {
    }

    /** Hears what is done. */
    public interface Listener {

        /** Hears nothing. */
        Listener SILENT = new Listener() {
            @Override
            public void left(List<Piece> pieces) {
                // nobody listens
            }

            @Override
            public void begins(Piece piece) {
                // nobody listens
            }

            @Override
            public void ended(Piece piece) {
                // nobody listens
            }
        };

        /**
         * What is not stored yet, in the order in which it will be done. Told before anything is made, and again between trainings and
         * examinations, for checkpoints that stay are known then.
         */
        void left(List<Piece> pieces);

        /** A piece of work begins. */
        void begins(Piece piece);

        /** It came to its end. */
        void ended(Piece piece);
    }

    private final Plan plan;
    private final StudyFolder folder;
    private final Crew crew;
    private final Optional<Path> base;
    private final Listener listener;
    private final Map<Sitting, List<Examiner.Outcome>> outcomes = new LinkedHashMap<>();
    private final Map<Sitting, Path> exams = new LinkedHashMap<>();
    private final Map<Plan.Node, List<Workshop.Kept>> checkpoints = new HashMap<>();
    private final Map<Exam, String> dependencies = new HashMap<>();

    /**
     * A run.
     *
     * @param base the folder of the model that the study begins with; empty where stages make their own
     */
    public StudyRun(Plan plan, StudyFolder folder, Crew crew, Optional<Path> base, Listener listener) {
        this.plan = plan;
        this.folder = folder;
        this.crew = crew;
        this.base = base;
        this.listener = listener;
    }

    /**
     * A model that takes an exam.
     *
     * @param node the training that left it
     * @param step of the checkpoint; −1 = the training's end
     * @param exam what it takes
     */
    public record Sitting(Plan.Node node, int step, Exam exam) {
    }

    /** Seals the study with what is stored of it, or notes what came since it was sealed. Before {@link #run}. */
    public Seal.Standing seal() {
        var analysis = analysis();
        Seal.seal(analysis, stored(), folder.seal());
        return Seal.compare(analysis, folder.seal());
    }

    /** An exam whose data or judge isn't there can be sealed, and not taken. */
    private Seal.Analysis analysis() {
        var instruments = new LinkedHashMap<String, String>();
        for (var exam : plan.study().exams()) {
            try {
                instruments.put(exam.name(), dependencies(exam));
            } catch (LeewayException missing) {
                instruments.put(exam.name(), Basis.ABSENT);
            }
        }
        return new Seal.Analysis(plan, instruments);
    }

    /** Whoever took an exam with other prompts, judges or fewer items has seen as much of it as one that took all. */
    private Seal.Stored stored() {
        var examined = folder.examined();
        return new Seal.Stored((int) plan.nodes().stream().filter(folder::isDone).count(),
            (int) sittings().stream().map(this::named).distinct().filter(sitting -> examined.contains(examined(sitting))).count(),
            plan.study().exams().stream().anyMatch(exam -> examined.stream().anyMatch(note -> note.startsWith(asked(exam)))));
    }

    private String examined(Sitting sitting) {
        return asked(sitting.exam()) + sitting.node().hash() + ", step " + named(sitting).step();
    }

    private static String asked(Exam exam) {
        return exam.asked() + " of ";
    }

    /** The last checkpoint is called the training's end where it is the same, which is known of a folder without checkpoints too. */
    private Sitting named(Sitting sitting) {
        return kept(sitting.node()).stream().anyMatch(kept -> kept.isEnd() && kept.step() == sitting.step())
            ? new Sitting(sitting.node(), -1, sitting.exam()) : sitting;
    }

    /** Trains and examines all that isn't there. Empty where it was asked to stop. */
    public Optional<StudyResults> run() {
        var trainings = trainings();
        var left = new ArrayList<>(trainings.values());
        left.addAll(examinations().values());
        listener.left(left);
        for (var training : trainings.entrySet()) {
            if (!train(training.getKey(), training.getValue())) {
                return Optional.empty();
            }
        }
        var examinations = examinations();
        listener.left(List.copyOf(examinations.values()));
        for (var examination : examinations.entrySet()) {
            if (!examine(examination.getKey(), examination.getValue())) {
                return Optional.empty();
            }
        }
        for (var sitting : sittings()) {
            outcomes.put(sitting, OutcomeFile.read(JsonFile.read(file(sitting))));
            exams.put(sitting, file(sitting).getParent());
        }
        var standing = Seal.compare(analysis(), folder.seal());
        return Optional.of(new StudyResults(plan, outcomes, standing, new StudyTraces(folder, exams)));
    }

    /** Those that are not stored. */
    private SequencedMap<Plan.Node, Piece> trainings() {
        var pieces = new LinkedHashMap<Plan.Node, Piece>();
        var nodes = plan.nodes();
        for (int n = 0; n < nodes.size(); n++) {
            var node = nodes.get(n);
            if (!folder.isDone(node)) {
                long size = node.rows().map(hash -> plan.rows().get(hash).rows().size()).orElse(1L);
                pieces.put(node, new Piece(node.stage().command(), size, node.stage().name() + " of " + node.arm() + ", seed "
                    + node.seed(), new Place(true, n + 1, nodes.size())));
            }
        }
        return pieces;
    }

    /** Those that are not stored, of sittings that are different work. */
    private SequencedMap<Sitting, Piece> examinations() {
        var pieces = new LinkedHashMap<Sitting, Piece>();
        var works = new LinkedHashMap<Path, Sitting>();
        sittings().forEach(sitting -> works.putIfAbsent(file(sitting), sitting));
        var sittings = List.copyOf(works.values());
        for (int s = 0; s < sittings.size(); s++) {
            var sitting = sittings.get(s);
            if (!Files.exists(file(sitting))) {
                pieces.put(sitting, new Piece("exam " + sitting.exam().name(), 1, sitting.exam().name() + " for " + sitting.node().arm()
                    + " after " + sitting.node().stage().name() + (sitting.step() < 0 ? "" : ", step " + sitting.step()) + ", seed "
                    + sitting.node().seed(), new Place(false, s + 1, sittings.size())));
            }
        }
        return pieces;
    }

    private boolean train(Plan.Node node, Piece piece) {
        listener.begins(piece);
        var rows = node.rows().map(hash -> folder.rows(hash, plan.rows().get(hash), crew.materials()));
        var model = node.before().map(folder::stage).or(() -> base);
        boolean ended = crew.workshop().train(new Workshop.Training(node.stage().command(), options(node), node.stage().grid(),
            model, rows, node.seed(), folder.stage(node)));
        if (ended) {
            folder.done(node);
            listener.ended(piece);
        }
        return ended;
    }

    /** Its options, with paths in the places that name what is made, or another arm. */
    private SequencedMap<String, String> options(Plan.Node node) {
        var options = new LinkedHashMap<String, String>();
        node.stage().options().forEach((name, value) -> options.put(name, value.startsWith(Stage.MADE)
            ? folder.made(value.substring(Stage.MADE.length()), crew.materials()).toString() : value));
        node.models().others().forEach((name, other) ->
            options.computeIfPresent(name, (_, value) -> Stage.withArm(value, folder.stage(other).toString())));
        return options;
    }

    /** Who takes which exam, each once. */
    private List<Sitting> sittings() {
        var sittings = new ArrayList<Sitting>();
        for (var exam : plan.study().exams()) {
            var takers = plan.replications().stream().filter(one -> exam.extent().isFor(one.arm().name())).toList();
            var nodes = takers.stream().flatMap(one -> one.nodes().stream()).distinct().toList();
            switch (exam.extent().when()) {
                case ARM_END -> takers.forEach(arm -> sittings.add(new Sitting(arm.last(), -1, exam)));
                case STAGE_END -> nodes.forEach(node -> sittings.add(new Sitting(node, -1, exam)));
                case CHECKPOINTS -> nodes.forEach(node -> sittings.addAll(checkpoints(node, exam)));
                case LAST_STAGE -> takers.forEach(arm -> sittings.addAll(checkpoints(arm.last(), exam)));
                case LAST_TRAINING -> takers.forEach(arm -> arm.nodes().stream().filter(node -> node.stage().trains())
                    .reduce((_, later) -> later).ifPresent(node -> sittings.addAll(checkpoints(node, exam))));
            }
        }
        return sittings.stream().distinct().toList();
    }

    /** Of a training that isn't done yet, the last one alone is known. */
    private List<Sitting> checkpoints(Plan.Node node, Exam exam) {
        var sittings = new ArrayList<Sitting>();
        kept(node).forEach(kept -> sittings.add(new Sitting(node, kept.step(), exam)));
        sittings.add(new Sitting(node, -1, exam));
        return sittings;
    }

    private boolean examine(Sitting sitting, Piece piece) {
        listener.begins(piece);
        folder.noteExamined(file(sitting).getParent(), examined(sitting));
        var found = crew.examiner().examine(sitting.exam(), model(sitting), items(sitting.exam()), file(sitting).getParent());
        if (found.isEmpty()) {
            return false;
        }
        StudyFolder.write(file(sitting), OutcomeFile.json(found.get()));
        listener.ended(piece);
        return true;
    }

    private Optional<Path> items(Exam exam) {
        return exam.items().map(generator -> folder.items(generator, exam.itemSettings(), crew.materials()));
    }

    private List<Workshop.Kept> kept(Plan.Node node) {
        return folder.isDone(node) ? checkpoints.computeIfAbsent(node, done -> crew.workshop().kept(folder.stage(done))) : List.of();
    }

    /** Which weights they are: a training's end is the last checkpoint that it kept, where that is the same. */
    private int weights(Sitting sitting) {
        return sitting.step() >= 0 ? sitting.step() : kept(sitting.node()).stream().filter(Workshop.Kept::isEnd).findFirst()
            .map(Workshop.Kept::step).orElse(sitting.step());
    }

    /** Of what a model got, under the hash of all that determines it. */
    private Path file(Sitting sitting) {
        var exam = sitting.exam();
        var rest = dependencies(exam);
        return folder.exam(Sha256.of(exam.json().put("model", sitting.node().hash()).put("step", weights(sitting))
            .put("dependencies", rest).toString())).resolve("outcomes.json");
    }

    private String dependencies(Exam exam) {
        return dependencies.computeIfAbsent(exam, asked -> crew.examiner().dependencies(asked, items(asked)));
    }

    private Path model(Sitting sitting) {
        return sitting.step() < 0 ? folder.stage(sitting.node()) : kept(sitting.node()).stream()
            .filter(kept -> kept.step() == sitting.step()).findFirst().orElseThrow().folder();
    }
}
