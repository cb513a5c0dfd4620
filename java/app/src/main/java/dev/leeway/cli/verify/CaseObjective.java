package dev.leeway.cli.verify;

import dev.leeway.io.JsonObject;
import dev.leeway.objective.KahnemanTversky;
import dev.leeway.objective.Objective;
import dev.leeway.objective.OddsRatioPreference;
import dev.leeway.objective.SupervisedFineTuning;
import java.util.Set;
import tools.jackson.databind.node.ObjectNode;

/**
 * The objective that a case through a model names, made with every parameter that it gives.
 *
 * @param objective the loss
 * @param temperature what logits are divided by
 */
record CaseObjective(Objective objective, double temperature) {

    private static final Set<String> OF_PAIRS = Set.of("dpo", "ipo", "simpo", "cpo", "orpo");
    private static final Set<String> OF_ROWS = Set.of("kto", "grpo", "gspo");

    static boolean isKnown(String name) {
        return OF_PAIRS.contains(name) || OF_ROWS.contains(name);
    }

    static boolean isOfPairs(String name) {
        return OF_PAIRS.contains(name);
    }

    /** Whether there can be a training case of that kind. */
    static boolean trains(String kind) {
        return kind.equals("sft") || isOfPairs(kind);
    }

    /** Of a case with {@code objective} and {@code params}. */
    static CaseObjective of(JsonObject json) {
        return of(json.requireString("objective"), new Fields(json.requireObject("params")));
    }

    /** Of a training case, whose parameters stand among what else is known of it. */
    static CaseObjective ofTraining(JsonObject json, Set<String> others) {
        ObjectNode params = json.node().deepCopy();
        json.names().stream().filter(name -> others.contains(name) || !json.has(name)).forEach(params::remove);
        return of(json.requireString("kind"), new Fields(new JsonObject(json.where(), json.pointer(), params)));
    }

    private static CaseObjective of(String name, Fields params) {
        double temperature = params.number("temperature", 1);
        var objective = switch (name) {
            case "sft" -> new SupervisedFineTuning();
            case "dpo" -> DirectPreferenceCases.objective(params, "sigmoid");
            case "ipo" -> DirectPreferenceCases.objective(params, "ipo");
            case "simpo" -> ContrastivePreferenceCases.SIMPO.objective(params);
            case "cpo" -> ContrastivePreferenceCases.CPO.objective(params);
            case "orpo" -> OddsRatioCases.objective(params);
            case "kto" -> KahnemanTverskyCases.objective(params);
            case "grpo", "gspo" -> policy(params);
            default -> throw new IllegalArgumentException(name);
        };
        params.requireAllKnown();
        return new CaseObjective(objective, temperature);
    }

    /** {@code old_equals_policy} says how the rows are to be read, and is read with them. */
    private static Objective policy(Fields params) {
        params.has(EndToEndRows.ON_POLICY);
        var settings = PolicyCases.settings(params);
        params.has("num_items_in_batch");
        return new PartOfStep(settings.objective(), rows -> PolicyCases.divisors(params, settings.lossType(), rows));
    }
}
