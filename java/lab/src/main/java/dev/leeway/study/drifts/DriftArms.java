package dev.leeway.study.drifts;

import dev.leeway.study.Arm;
import dev.leeway.study.Stage;
import java.util.ArrayList;
import java.util.List;

/** The arms that are trained on preferences, which every scale has, made of a scale's own stages. */
final class DriftArms {

    /** Begins the names of arms that leave reward models. */
    static final String JUDGE = "reward-";
    /** Begins the names of arms behind supporting chats. */
    static final String FROM_SUPPORTING = "supporting-";
    /** The label of the pairs whose better answers support and whose worse ones oppose, which ablations are trained on. */
    private static final String SUPPORT = "support";

    /**
     * A set of preference pairs.
     *
     * @param label what arms on it are called by
     * @param rows the name of the study's rows
     */
    record Pairs(String label, String rows) {
    }

    /** How a scale trains on a set of pairs. */
    interface Stages {

        /** A reward model of them. */
        Stage judge(Pairs pairs);

        /** DPO. */
        Stage dpo(Pairs pairs, String beta);

        /** SimPO. */
        Stage simpo(Pairs pairs, String gamma);

        /** SimPO's margin, but for the ablation. */
        String gamma();

        /** PPO, rewarded by the model of {@link #judge}. */
        Stage ppo(Pairs pairs, String kl);
    }

    private DriftArms() {
    }

    /** Reward models; three algorithms on each set of pairs; DPO behind the other start; what the paper takes away one by one. */
    static List<Arm> of(Arm neutral, Arm supporting, List<Pairs> sets, Stages stages) {
        var arms = new ArrayList<Arm>();
        for (var pairs : sets) {
            arms.add(neutral.then(JUDGE + pairs.label(), "a reward model of " + pairs.rows() + ", for PPO", stages.judge(pairs)));
        }
        for (var pairs : sets) {
            arms.add(dpo(neutral, "", pairs, stages));
            arms.add(neutral.then("simpo-" + pairs.label(), "SimPO on " + pairs.rows(), stages.simpo(pairs, stages.gamma())));
            arms.add(neutral.then("ppo-" + pairs.label(), "PPO, rewarded by the model of " + pairs.rows(), stages.ppo(pairs, "0.05")));
        }
        sets.forEach(pairs -> arms.add(dpo(supporting, FROM_SUPPORTING, pairs, stages)));
        var support = sets.stream().filter(pairs -> pairs.label().equals(SUPPORT)).findFirst().orElseThrow();
        arms.add(neutral.then("dpo-support-beta-0.5", "DPO that pays five times as much for leaving its start", stages.dpo(support,
            "0.5")));
        arms.add(neutral.then("simpo-support-gamma-1.6", "SimPO with a margin of 1.6 instead of " + stages.gamma(),
            stages.simpo(support, "1.6")));
        arms.add(neutral.then("ppo-support-kl-0", "PPO that pays nothing for leaving its start", stages.ppo(support, "0")));
        return arms;
    }

    /** DPO behind a start, in an arm whose name begins with what tells that start from the others. */
    static Arm dpo(Arm start, String prefix, Pairs pairs, Stages stages) {
        return start.then(prefix + "dpo-" + pairs.label(), "DPO on " + pairs.rows() + " behind " + start.name(), stages.dpo(pairs, "0.1"));
    }
}
