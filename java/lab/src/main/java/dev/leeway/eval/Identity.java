package dev.leeway.eval;

import dev.leeway.io.Sha256;
import dev.leeway.judge.Judge;
import java.util.LinkedHashMap;
import java.util.SequencedMap;
import java.util.stream.Collectors;

/**
 * What makes two runs the same one: everything that their results depend on, in words that a message can have. A judge is part of it where
 * a benchmark asks one, and a second model likewise.
 */
final class Identity {

    private Identity() {
    }

    static SequencedMap<String, String> of(RunPlan plan, Instruments instruments) {
        var identity = new LinkedHashMap<String, String>();
        identity.put("seed", Long.toString(plan.seed()));
        plan.candidates().forEach(candidate -> identity.put("model " + candidate.name(), candidate.hash()));
        plan.parts().forEach(part -> addTo(identity, part));
        plan.prompts().forEach(prompt -> identity.put("evaluation prompt " + prompt.name(), new Sha256()
            .add(prompt.system().map(content -> "+" + content).orElse("")).add(prompt.prefix()).add(prompt.suffix()).hex()));
        plan.extent().epochs().ifPresent(count -> identity.put("epochs", Integer.toString(count)));
        plan.extent().limit().ifPresent(count -> identity.put("limit", count + (plan.extent().isDrawn() ? ", drawn" : "")));
        if (plan.parts().stream().anyMatch(part -> part.benchmark().needs().judge())) {
            identity.put("judges", instruments.judges().stream().map(Judge::id).collect(Collectors.joining(", ")));
        }
        if (plan.parts().stream().anyMatch(part -> part.benchmark().needs().reference())) {
            instruments.reference().ifPresent(model -> identity.put("reference model", model.hash()));
        }
        return identity;
    }

    private static void addTo(SequencedMap<String, String> identity, RunPlan.Part part) {
        var card = part.benchmark().card();
        identity.put("version of benchmark " + card.id(), Integer.toString(card.version()));
        part.data().forEach((file, sum) -> identity.put(card.id() + "'s file " + file, sum));
        part.options().forEach((option, value) -> identity.put("option " + card.id() + "." + option, value));
    }

    /** The sum of what all tasks of a subject and a benchmark have in common. */
    static String sum(Candidate candidate, RunPlan.Part part, Instruments instruments) {
        var shared = new LinkedHashMap<String, String>();
        addTo(shared, part);
        if (part.benchmark().needs().judge()) {
            instruments.judges().forEach(judge -> shared.put("judge " + shared.size(), judge.id()));
        }
        if (part.benchmark().needs().reference()) {
            instruments.reference().ifPresent(model -> shared.put("reference model", model.hash()));
        }
        var sum = new Sha256().add(candidate.hash());
        shared.forEach((name, value) -> sum.add(name).add(value));
        return sum.hex();
    }
}
