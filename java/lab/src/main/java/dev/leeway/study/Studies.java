package dev.leeway.study;

import dev.leeway.LeewayException;
import dev.leeway.study.drifts.ValueDrifts;
import dev.leeway.study.helpfulness.HelpfulnessHurts;
import dev.leeway.study.inoculation.Inoculation;
import dev.leeway.study.values.RewardValues;
import dev.leeway.study.warmth.Warmth;
import java.util.List;

/** All studies. */
public final class Studies {

    private static final List<Declaration> ALL = List.of(new HelpfulnessHurts(), new Inoculation(), new RewardValues(),
        new ValueDrifts(), new Warmth());

    private Studies() {
    }

    /** Those that there are. */
    public static List<Declaration> all() {
        return ALL;
    }

    /**
     * The one with a name.
     *
     * @throws LeewayException if there is none
     */
    public static Declaration named(String name) {
        return ALL.stream().filter(study -> study.name().equals(name)).findFirst().orElseThrow(() -> LeewayException.usage(
            "there is no study %s; there are %s", name, String.join(", ", ALL.stream().map(Declaration::name).toList())));
    }
}
