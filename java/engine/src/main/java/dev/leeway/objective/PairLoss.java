package dev.leeway.objective;

import dev.leeway.LeewayException;

/**
 * The losses of {@link DirectPreference}, by TRL's {@code loss_type}. Written with β, the scores s of both answers (their log-ratios Δ for
 * the usual divergence), u = β (s_w − s_l), lengths |y|, smoothing ε and τ = {@code discopop_tau}.
 */
public enum PairLoss {
    /** −(1−ε) log σ(u) − ε log σ(−u): DPO (Rafailov et al. 2023, eq. 7), conservative where ε > 0 (Mitchell 2023). */
    SIGMOID(true) {
        @Override
        Dual of(RatioPair pair) {
            return pair.margin().preferenceLoss(pair.settings().labelSmoothing());
        }
    },
    /** max(0, 1 − u): SLiC's loss on log-ratios (Zhao et al. 2023; Liu et al. 2024, RSO, hinge-norm). */
    HINGE(false) {
        @Override
        Dual of(RatioPair pair) {
            return pair.margin().times(-1).plus(1).positivePart();
        }
    },
    /** (s_w/|y_w| − s_l/|y_l| − 1/(2β))²: IPO (Azar et al. 2024, eq. 17), by length as its authors compute it and TRL does. */
    IPO(false) {
        @Override
        Dual of(RatioPair pair) {
            return pair.marginPerToken().plus(-0.5 / pair.settings().beta()).square();
        }
    },
    /** −log σ(β (s_w/|y_w| − s_l/|y_l|)): length-normalised DPO (Lambert et al. 2024, Tülu 3; Meng et al. 2024, appendix). */
    SIGMOID_NORM(false) {
        @Override
        Dual of(RatioPair pair) {
            return pair.marginPerToken().times(pair.settings().beta()).preferenceLoss(0);
        }
    },
    /** KL of (σ(u), σ(−u)) from (1−ε, ε): EXO (Ji et al. 2024, eq. 16). */
    EXO_PAIR(true) {
        @Override
        Dual of(RatioPair pair) {
            var u = pair.margin();
            var mirrored = u.times(-1);
            double epsilon = pair.settings().labelSmoothing();
            return u.sigmoid().times(u.logSigmoid().plus(-Math.log1p(-epsilon)))
                .plus(mirrored.sigmoid().times(mirrored.logSigmoid().plus(-Math.log(epsilon))));
        }
    },
    /** −log σ(βs_w) − ½ log σ(−βs_w) − ½ log σ(−βs_l): NCA for pairs (Chen et al. 2024). */
    NCA_PAIR(false) {
        @Override
        Dual of(RatioPair pair) {
            var chosen = pair.chosenScore().times(pair.settings().beta());
            var rejected = pair.rejectedScore().times(pair.settings().beta());
            return chosen.logSigmoid().plus(chosen.times(-1).logSigmoid().plus(rejected.times(-1).logSigmoid()).times(0.5)).times(-1);
        }
    },
    /** [−(1−ε) log σ(u) + ε log σ(−u)] / (1−2ε): unbiased where a share ε of the labels is flipped (Chowdhury et al. 2024, robust DPO). */
    ROBUST(true) {
        @Override
        Dual of(RatioPair pair) {
            double epsilon = pair.settings().labelSmoothing();
            var u = pair.margin();
            return u.logSigmoid().times(epsilon - 1).plus(u.times(-1).logSigmoid().times(epsilon)).times(1 / (1 - 2 * epsilon));
        }
    },
    /** −log σ(βs_w) − log σ(−βs_l): BCO for pairs (Jung et al. 2024), without a running shift, as TRL 1.x. */
    BCO_PAIR(false) {
        @Override
        Dual of(RatioPair pair) {
            double beta = pair.settings().beta();
            return pair.chosenScore().times(beta).logSigmoid().plus(pair.rejectedScore().times(-beta).logSigmoid()).times(-1);
        }
    },
    /** (s_w − 1/(2β))² + (s_l + 1/(2β))²: SPPO with certain labels (Wu et al. 2024, eq. 4.7 with P = 1 and 0). */
    SPPO_HARD(false) {
        @Override
        Dual of(RatioPair pair) {
            double half = 0.5 / pair.settings().beta();
            return pair.chosenScore().plus(-half).square().plus(pair.rejectedScore().plus(half).square());
        }
    },
    /** σ(−βΔ_w) + σ(βΔ_l): APO-zero (D'Oosterlinck et al. 2024, eq. 7), for answers better than the model's own. */
    APO_ZERO(false) {
        @Override
        Dual of(RatioPair pair) {
            double beta = pair.settings().beta();
            return pair.chosenRatio().times(-beta).sigmoid().plus(pair.rejectedRatio().times(beta).sigmoid());
        }
    },
    /** σ(βΔ_w) + σ(−u): APO-down (D'Oosterlinck et al. 2024, eq. 8), for answers worse than the model's own. */
    APO_DOWN(false) {
        @Override
        Dual of(RatioPair pair) {
            return pair.chosenRatio().times(pair.settings().beta()).sigmoid().plus(pair.margin().times(-1).sigmoid());
        }
    },
    /** (1−m)(−log σ(u)) + m e⁻ᵘ with m = σ(u/τ): DiscoPOP (Lu et al. 2024, eq. 5). */
    DISCOPOP(false) {
        @Override
        Dual of(RatioPair pair) {
            var u = pair.margin();
            var mixed = u.times(1 / pair.settings().discopopTau());
            return mixed.times(-1).sigmoid().times(u.logSigmoid().times(-1)).plus(mixed.logSigmoid().minus(u).exp());
        }
    },
    /** −log π of the chosen answers, averaged over their tokens in the step: a term beside others (Pang et al. 2024, iterative RPO). */
    SFT(false) {
        @Override
        Dual of(RatioPair pair) {
            throw new IllegalStateException("the chosen answers' likelihood is no function of the log-ratios");
        }
    };

    private final boolean smooths;

    PairLoss(boolean smooths) {
        this.smooths = smooths;
    }

    /** The loss of a pair and its derivatives by both log-ratios. */
    abstract Dual of(RatioPair pair);

    /** Whether ε has a part in it. */
    boolean smooths() {
        return smooths;
    }

    /** TRL's name. */
    public String label() {
        return Options.label(this);
    }

    /** The loss of TRL's name. */
    public static PairLoss named(String name) {
        if (name.equals("aot") || name.equals("aot_unpaired") || name.equals("aot_pair")) {
            throw LeewayException.usage("loss_type %s sorts the pairs of a whole batch, which micro-batches cannot share, and is not here; "
                + "sigmoid is the usual loss", name);
        }
        return Options.named("loss_type", name, values());
    }
}
