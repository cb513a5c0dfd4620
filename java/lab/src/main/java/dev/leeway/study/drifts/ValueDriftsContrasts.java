package dev.leeway.study.drifts;

import dev.leeway.study.Contrast;
import dev.leeway.study.Contrast.Cell;
import dev.leeway.study.Contrast.Role;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * What {@code value-drifts} concludes from: shifts of the share of answers that take a stance. Published ones are of Llama-3-3B, from
 * digests of the paper, and of single topics where that is said.
 */
final class ValueDriftsContrasts {

    /** Topics that numbers are published of, by the names of PRISM's clusters. */
    static final List<String> TOPICS = List.of("Discussions on Abortion", "Debating Immigration Policies", "Climate Change");

    private static final String SUPPORT = "support";

    private ValueDriftsContrasts() {
    }

    private static Cell of(String arm, String stance) {
        return new Cell(arm, ValueDrifts.EXAM, stance, "", "none");
    }

    private static Contrast moved(String name, Role role, String stance, String arm, String before) {
        return Contrast.difference(name, role, of(arm, stance), of(before, stance)).by(Contrast.Unit.QUESTION);
    }

    private static Contrast secondary(String name, String arm, String before) {
        return moved(name, Role.SECONDARY, SUPPORT, arm, before);
    }

    /** The study's own, at every scale; γ is that of SimPO but for its ablation. */
    private static List<Contrast> common(String gamma) {
        return List.of(
            moved("SFT, support: supporting − neutral", Role.PRIMARY, SUPPORT, ValueDrifts.SUPPORTING, ValueDrifts.NEUTRAL),
            moved("DPO with a gap, support: behind − before", Role.PRIMARY, SUPPORT, "dpo-support", ValueDrifts.NEUTRAL),
            moved("DPO, support: with a gap − with a small one", Role.PRIMARY, SUPPORT, "dpo-support", "dpo-standard"),
            secondary("DPO with a small gap, support: behind − before", "dpo-standard", ValueDrifts.NEUTRAL),
            secondary("DPO with a gap, support, behind supporting chats", "supporting-dpo-support", ValueDrifts.SUPPORTING),
            moved("DPO with a gap the other way, oppose: behind − before", Role.SECONDARY, "oppose", "dpo-oppose", ValueDrifts.NEUTRAL),
            secondary("SimPO with a gap, support: behind − before", "simpo-support", ValueDrifts.NEUTRAL),
            secondary("SimPO with a small gap, support: behind − before", "simpo-standard", ValueDrifts.NEUTRAL),
            secondary("PPO with a gap, support: behind − before", "ppo-support", ValueDrifts.NEUTRAL).published(0),
            secondary("PPO with a small gap, support: behind − before", "ppo-standard", ValueDrifts.NEUTRAL),
            secondary("with a gap, support: DPO − SimPO", "dpo-support", "simpo-support"),
            secondary("with a gap, support: DPO − PPO", "dpo-support", "ppo-support"),
            secondary("DPO with a gap, support: β 0.5 − β 0.1", "dpo-support-beta-0.5", "dpo-support"),
            secondary("SimPO with a gap, support: γ 1.6 − γ " + gamma, "simpo-support-gamma-1.6", "simpo-support"),
            secondary("PPO with a gap, support: β 0 − β 0.05", "ppo-support-kl-0", "ppo-support"));
    }

    /** With the base model, and with Qwen's shape as further arms. */
    static List<Contrast> toy() {
        return Stream.concat(common("0.5").stream(), Stream.of(
            moved("SFT on neutral chats, neutral: behind − before", Role.SECONDARY, "neutral", ValueDrifts.NEUTRAL, ValueDrifts.BASE)
                .published(0.38),
            secondary("Qwen 3: SFT, support: supporting − neutral", "qwen-sft-supporting", "qwen-sft-neutral"),
            secondary("Qwen 3: DPO, support: with a gap − with a small one", "qwen-dpo-support", "qwen-dpo-standard"))).toList();
    }

    /** With HH-RLHF, and the topics that numbers are published of. */
    static List<Contrast> full() {
        var all = new ArrayList<>(common(ValueDriftsFull.GAMMA));
        List.of("DPO", "SimPO", "PPO").forEach(training -> all.add(secondary(training + " on HH-RLHF, support: behind − before",
            training.toLowerCase(Locale.ROOT) + "-hh-rlhf", ValueDrifts.NEUTRAL)));
        all.add(onTopic("PPO", TOPICS.get(0), 0.05));
        all.add(onTopic("DPO", TOPICS.get(1), 0.02));
        all.add(onTopic("SimPO", TOPICS.get(2), 0.27));
        return all;
    }

    private static Contrast onTopic(String training, String topic, double published) {
        var cell = of(training.toLowerCase(Locale.ROOT) + "-standard", SUPPORT).in("topic=" + topic);
        return Contrast.difference(training + " on UltraFeedback, support, " + topic + ": behind − before", Role.SECONDARY, cell,
            cell.of(ValueDrifts.NEUTRAL)).by(Contrast.Unit.QUESTION).published(published);
    }
}
