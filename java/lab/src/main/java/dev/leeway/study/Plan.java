package dev.leeway.study;

import dev.leeway.LeewayException;
import dev.leeway.io.JsonFile;
import dev.leeway.io.Sha256;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import tools.jackson.databind.node.ObjectNode;

/**
 * What carrying out a study takes: every training once, in an order in which it can be done. A training is known by the hash of all that
 * determines it, so arms and studies that begin alike share what they begin with.
 */
public final class Plan {

    /**
     * A training.
     *
     * @param hash of all that determines it
     * @param stage that it is
     * @param arm the first arm that has it
     * @param seed of its random numbers
     * @param rows the hash of what it is trained on
     * @param models that it takes
     */
    public record Node(String hash, Stage stage, String arm, long seed, Optional<String> rows, Models models) {

        /** The training whose model it begins with; empty = the study's base. */
        public Optional<Node> before() {
            return models.before();
        }

        /** Under which name it is stored. */
        public String key() {
            return hash.substring(0, 16);
        }
    }

    /**
     * The models that a training takes.
     *
     * @param before the training whose model it begins with; empty = the study's base
     * @param others the last trainings of arms that its options name, by option
     */
    public record Models(Optional<Node> before, SequencedMap<String, Node> others) {

        /** Takes a copy. */
        public Models {
            others = new LinkedHashMap<>(others);
        }
    }

    /**
     * Rows as they are stored.
     *
     * @param rows what they are
     * @param seed of their draws
     */
    public record RowsOf(Rows rows, long seed) {
    }

    /**
     * An arm's trainings for one seed of the study.
     *
     * @param arm which
     * @param seed of the study
     * @param nodes one behind the other
     */
    public record Replication(Arm arm, long seed, List<Node> nodes) {

        /** The one that leaves the arm's model. */
        public Node last() {
            return nodes.getLast();
        }
    }

    private final Study study;
    private final SequencedMap<String, Node> nodes = new LinkedHashMap<>();
    private final SequencedMap<String, RowsOf> rows = new LinkedHashMap<>();
    private final List<Replication> replications = new ArrayList<>();
    private final Basis basis;
    private final Map<String, ObjectNode> rowsJson = new LinkedHashMap<>();
    private final SequencedMap<String, String> made = new LinkedHashMap<>();

    private Plan(Study study, Basis basis) {
        this.study = study;
        this.basis = basis;
        study.rows().forEach((name, rows) -> rowsJson.put(name, rows.json()));
    }

    /**
     * Plans a study on the CPU, with what is made known by its description.
     *
     * @param base names the model that it begins with, by its content; empty where stages make their own
     */
    public static Plan of(Study study, Optional<String> base) {
        return of(study, Basis.of(base));
    }

    /** Plans a study on what it is carried out on. */
    public static Plan of(Study study, Basis basis) {
        var plan = new Plan(study, basis);
        for (long seed : study.terms().seeds()) {
            study.arms().forEach(arm -> plan.replicate(arm, seed, List.of()));
        }
        return plan;
    }

    /**
     * An arm's trainings, behind those of the arms whose models they take.
     *
     * @param waiting arms that take its model, to see one that takes its own
     */
    private Replication replicate(Arm arm, long seed, List<String> waiting) {
        if (waiting.contains(arm.name())) {
            throw LeewayException.usage("arm %s takes its own last model, by way of %s", arm.name(), String.join(", ", waiting));
        }
        var known = replications.stream().filter(one -> one.seed() == seed && one.arm().equals(arm)).findFirst();
        if (known.isPresent()) {
            return known.get();
        }
        var waitingToo = new ArrayList<>(waiting);
        waitingToo.add(arm.name());
        var own = new ArrayList<Node>();
        for (int s = 0; s < arm.stages().size(); s++) {
            var stage = arm.stages().get(s);
            var others = new LinkedHashMap<String, Node>();
            stage.arms().forEach((option, other) -> others.put(option, replicate(study.arm(other), seed, waitingToo).last()));
            var before = own.isEmpty() ? Optional.<Node>empty() : Optional.of(own.getLast());
            var node = node(arm, stage, seed(arm, s, seed), new Models(before, others));
            nodes.putIfAbsent(node.hash(), node);
            own.add(nodes.get(node.hash()));
        }
        replications.add(new Replication(arm, seed, own));
        return replications.getLast();
    }

    private static long seed(Arm arm, int stage, long seed) {
        return stage < arm.shared() ? seed : Seeds.of(seed, arm.name());
    }

    private Node node(Arm arm, Stage stage, long seed, Models models) {
        var of = stage.json().put("seed", seed).put("device", basis.device());
        models.before().map(Node::hash).or(basis::model).ifPresent(model -> of.put("model", model));
        stage.made().forEach((option, generator) -> sumOf(generator).ifPresent(sum -> of.put("made of " + option, sum)));
        models.others().forEach((option, other) -> of.put("model of " + option, other.hash()));
        var trainedOn = stage.rows().map(name -> rows(name, seed));
        trainedOn.ifPresent(hash -> of.put("rows", hash));
        return new Node(Sha256.of(of.toString()), stage, arm.name(), seed, trainedOn, models);
    }

    /** Of files that a generator makes, once. */
    private Optional<String> sumOf(String generator) {
        return basis.materials().map(materials -> made.computeIfAbsent(generator, name -> Materials.sum(materials.items(name, Map.of()))));
    }

    /** Of rows that are made, once a seed; a file is known by its own sum. */
    private Optional<String> sumOf(String name, Rows rows, long seed) {
        return switch (rows) {
            case Rows.Given _ -> Optional.empty();
            case Rows.Thinned thinned -> sumOf(name, thinned.of(), seed);
            case Rows.Made own -> basis.materials().map(materials -> made.computeIfAbsent(name + ", seed " + seed, _ ->
                materials.sum(own.generator(), seed, own.count(), own.settings())));
        };
    }

    /** The hash of rows, which are noted. */
    private String rows(String name, long seed) {
        var found = study.rows().get(name);
        long drawn = found.seeded() ? seed : 0;
        var of = JsonFile.newObject().put("seed", drawn);
        sumOf(name, found, drawn).ifPresent(sum -> of.put("made", sum));
        var hash = Sha256.of(of.set("rows", rowsJson.get(name)).toString());
        rows.putIfAbsent(hash, new RowsOf(found, drawn));
        return hash;
    }

    /** The study. */
    public Study study() {
        return study;
    }

    /** What it is carried out on. */
    public Basis basis() {
        return basis;
    }

    /** SHA-256 of what is made, by its name: rows by seed, and files that options of stages name. Empty where nobody made it. */
    SequencedMap<String, String> made() {
        return new LinkedHashMap<>(made);
    }

    /** Every training once; each comes behind the one that it begins with. */
    public List<Node> nodes() {
        return List.copyOf(nodes.values());
    }

    /** What they are trained on, by hash. */
    public SequencedMap<String, RowsOf> rows() {
        return new LinkedHashMap<>(rows);
    }

    /** Arms × seeds; an arm whose model others take comes before them. */
    public List<Replication> replications() {
        return List.copyOf(replications);
    }
}
