package dev.leeway.study;

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
     * @param before the training whose model it begins with; empty = the study's base
     */
    public record Node(String hash, Stage stage, String arm, long seed, Optional<String> rows, Optional<Node> before) {

        /** Under which name it is stored. */
        public String key() {
            return hash.substring(0, 16);
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

    private Plan(Study study) {
        this.study = study;
    }

    /**
     * Plans a study.
     *
     * @param base names the model that it begins with, by its content; empty where stages make their own
     */
    public static Plan of(Study study, Optional<String> base) {
        var plan = new Plan(study);
        var json = new LinkedHashMap<String, ObjectNode>();
        study.rows().forEach((name, rows) -> json.put(name, rows.json()));
        for (long seed : study.terms().seeds()) {
            for (var arm : study.arms()) {
                plan.replications.add(plan.replicate(arm, seed, base, json));
            }
        }
        return plan;
    }

    private Replication replicate(Arm arm, long seed, Optional<String> base, Map<String, ObjectNode> json) {
        var own = new ArrayList<Node>();
        for (int s = 0; s < arm.stages().size(); s++) {
            var before = own.isEmpty() ? Optional.<Node>empty() : Optional.of(own.getLast());
            long drawn = s < arm.shared() ? seed : Seeds.of(seed, arm.name());
            var node = node(arm, arm.stages().get(s), drawn, before, base, json);
            nodes.putIfAbsent(node.hash(), node);
            own.add(nodes.get(node.hash()));
        }
        return new Replication(arm, seed, own);
    }

    private Node node(Arm arm, Stage stage, long seed, Optional<Node> before, Optional<String> base, Map<String, ObjectNode> json) {
        var of = stage.json().put("seed", seed);
        before.map(Node::hash).or(() -> base).ifPresent(model -> of.put("model", model));
        var trainedOn = stage.rows().map(name -> {
            var found = study.rows().get(name);
            long drawn = found.seeded() ? seed : 0;
            var hash = Sha256.of(JsonFile.newObject().put("seed", drawn).set("rows", json.get(name)).toString());
            rows.putIfAbsent(hash, new RowsOf(found, drawn));
            return hash;
        });
        trainedOn.ifPresent(hash -> of.put("rows", hash));
        return new Node(Sha256.of(of.toString()), stage, arm.name(), seed, trainedOn, before);
    }

    /** The study. */
    public Study study() {
        return study;
    }

    /** Every training once; each comes behind the one that it begins with. */
    public List<Node> nodes() {
        return List.copyOf(nodes.values());
    }

    /** What they are trained on, by hash. */
    public SequencedMap<String, RowsOf> rows() {
        return new LinkedHashMap<>(rows);
    }

    /** Arms × seeds. */
    public List<Replication> replications() {
        return List.copyOf(replications);
    }
}
