//! Phrases for the templated bank requests, written for this project: some ways of stating each intent.
//!
//! `{amount}`, `{currency}`, `{country}`, `{shop}`, `{name}` and `{age}` are filled in at random.

/// Phrases of each intent, in the order of [`super::super::intents::INTENTS`].
pub(super) static PHRASES: [&[&str]; 77] = [
    // card_arrival
    &[
        "my new card has not come yet",
        "when will the card you posted reach me",
        "I am still waiting for my card in the mail",
        "my card was due last week, where is it",
        "can I track the card that is on its way",
    ],
    // card_linking
    &[
        "how do I link my card to the app",
        "I found my old card and want to add it back",
        "connect an existing card with my account",
        "where do I put my card back into the app",
        "relink the card I had reported",
    ],
    // exchange_rate
    &[
        "what exchange rate do you use",
        "how is the rate between {currency} and {currency} set",
        "what is the current rate for {currency}",
        "where do your exchange rates come from",
        "is today's {currency} rate a good one",
    ],
    // card_payment_wrong_exchange_rate
    &[
        "the rate on my purchase in {country} was wrong",
        "I paid by card abroad and the exchange rate is off",
        "my card purchase was converted at a bad rate",
        "you applied the wrong rate when I bought something in {country}",
    ],
    // extra_charge_on_statement
    &[
        "there is an extra {amount} on my statement",
        "what is this additional fee in my statement",
        "I see a strange small charge of one {currency}",
        "why was a further {amount} added to my statement",
    ],
    // pending_cash_withdrawal
    &[
        "my cash withdrawal still shows as pending",
        "the money I took from the atm is marked pending",
        "why is an atm withdrawal not completed yet",
        "how long does a cash withdrawal stay pending",
    ],
    // fiat_currency_support
    &[
        "which currencies can I hold",
        "can I keep {currency} in my account",
        "do you support holding {currency} and {currency}",
        "what fiat currencies do you offer",
        "may I exchange money into {currency} and keep it",
    ],
    // card_delivery_estimate
    &[
        "how many days does card delivery take",
        "when can I expect delivery to {country}",
        "how fast do you ship cards",
        "can I choose the delivery date for a card",
        "is express delivery of the card possible",
    ],
    // automatic_top_up
    &[
        "how does auto top up work",
        "switch on automatic top up",
        "can my account refill itself when it runs low",
        "set a limit for the automatic top up",
        "where is the auto top up option",
    ],
    // card_not_working
    &[
        "my card does not work",
        "the card is broken",
        "my card stopped working everywhere",
        "no machine reads my card any more",
        "what do I do with a faulty card",
    ],
    // exchange_via_app
    &[
        "can I exchange currencies in the app",
        "how do I swap {currency} for {currency} with the app",
        "convert my {currency} balance in the app",
        "steps to change money between currencies in app",
    ],
    // lost_or_stolen_card
    &[
        "I lost my card",
        "my card was stolen",
        "somebody took my wallet with the card in it",
        "I left my card somewhere and cannot find it",
        "report a missing card",
    ],
    // age_limit
    &[
        "how old must one be to open an account",
        "can my {age} year old child have an account",
        "is there a minimum age",
        "what is the age limit",
        "may teenagers use this bank",
    ],
    // pin_blocked
    &[
        "my pin is blocked",
        "I typed the pin wrong too often and it is locked",
        "unblock my pin",
        "too many pin attempts, what now",
        "how can the pin be unlocked",
    ],
    // contactless_not_working
    &[
        "contactless does not work",
        "tapping my card fails",
        "I cannot pay by holding the card to the reader",
        "the contactless feature stopped",
        "touch payments are refused, I must insert it",
    ],
    // top_up_by_bank_transfer_charge
    &[
        "is there a fee for topping up by bank transfer",
        "do you charge for adding money by transfer",
        "what does a swift or sepa top up cost",
        "fees when I fund my account from another bank",
    ],
    // pending_top_up
    &[
        "my top up is still pending",
        "the money I added is not there, it says pending",
        "why has my top up not gone through yet",
        "how long does a top up stay pending",
    ],
    // cancel_transfer
    &[
        "cancel the transfer I just made",
        "I sent money to the wrong person, stop it",
        "can a transfer be undone",
        "reverse my transaction to {name}, it was a mistake",
        "how do I call back a payment I sent",
    ],
    // top_up_limits
    &[
        "what is the limit for top ups",
        "how much can I add to my account",
        "is there a maximum top up per day",
        "can I raise my top up limit",
    ],
    // wrong_amount_of_cash_received
    &[
        "the atm gave me less cash than I asked for",
        "I got {amount} but wanted more from the machine",
        "the cash machine paid out the wrong amount",
        "app shows a bigger withdrawal than the notes I received",
    ],
    // card_payment_fee_charged
    &[
        "why was I charged a fee for paying by card",
        "there was a fee on my card purchase",
        "you took an extra fee when I used my card at {shop}",
        "do card payments cost a fee",
    ],
    // transfer_not_received_by_recipient
    &[
        "{name} has not received my transfer",
        "the money I sent did not arrive at the other side",
        "my friend says the transfer never came",
        "why can the recipient not see the money",
        "my transfer left days ago but {name} got nothing",
    ],
    // supported_cards_and_currencies
    &[
        "which cards and currencies can I use to add money",
        "can I fund the account with my {currency} card",
        "what cards do you accept for adding money",
        "is a foreign credit card supported",
    ],
    // getting_virtual_card
    &[
        "how do I get a virtual card",
        "I want a virtual card",
        "order a virtual card for online shopping",
        "where can I create my virtual card",
    ],
    // card_acceptance
    &[
        "where is the card accepted",
        "can I use my card at {shop}",
        "which shops take this card",
        "does every merchant accept the card",
        "will the card be accepted in {country}",
    ],
    // top_up_reverted
    &[
        "my top up was reverted",
        "the top up was cancelled by itself",
        "why was the money I added sent back",
        "top up went through and then was returned",
    ],
    // balance_not_updated_after_cheque_or_cash_deposit
    &[
        "my cheque has not been credited",
        "I paid in cash and my balance is the same",
        "deposited a cheque but it does not show",
        "how long until a cash deposit appears in my balance",
    ],
    // card_payment_not_recognised
    &[
        "I do not recognise a card payment",
        "there is a purchase at {shop} that is not mine",
        "an unknown card payment of {amount} appeared",
        "someone made a purchase with my card, not me",
    ],
    // edit_personal_details
    &[
        "change my address",
        "I moved and need to update my details",
        "how do I edit my name after marriage",
        "update my phone number in the profile",
        "correct my personal details",
    ],
    // why_verify_identity
    &[
        "why do you need to verify my identity",
        "what is the reason for the identity check",
        "why so many questions about who I am",
        "do I really have to prove my identity",
    ],
    // unable_to_verify_identity
    &[
        "I cannot verify my identity",
        "the identity check keeps failing",
        "my documents were refused at verification",
        "the app does not accept my id photo",
        "verification of my passport fails",
    ],
    // get_physical_card
    &[
        "where do I see the pin of my physical card",
        "how do I get a real card",
        "I only have a virtual card and want a physical one",
        "can I have an actual plastic card",
    ],
    // visa_or_mastercard
    &[
        "do you issue visa or mastercard",
        "can I choose mastercard instead of visa",
        "which card network do I get",
        "is my card a visa",
    ],
    // topping_up_by_card
    &[
        "how do I top up with my card",
        "add money using a debit card",
        "my top up by card, how is it done",
        "can I use a card to put money on the account",
    ],
    // disposable_card_limits
    &[
        "how many disposable cards can I have",
        "what is the limit of disposable cards",
        "how often may I use a disposable card",
        "maximum number of one-time cards per day",
    ],
    // compromised_card
    &[
        "I think someone has copied my card details",
        "my card was hacked",
        "strange people use my card number, it is compromised",
        "my card data were stolen online",
    ],
    // atm_support
    &[
        "which atms can I use",
        "where can I find a cash machine that takes the card",
        "can I withdraw at any atm in {country}",
        "is there an atm nearby that supports you",
    ],
    // direct_debit_payment_not_recognised
    &[
        "there is a direct debit I do not know",
        "I never set up this direct debit",
        "an unknown company takes {amount} by direct debit",
        "a direct debit from {shop} is not mine",
    ],
    // passcode_forgotten
    &[
        "I forgot my passcode",
        "reset my app passcode",
        "I do not remember the code to open the app",
        "how can I log in without the passcode",
    ],
    // declined_cash_withdrawal
    &[
        "the atm declined my withdrawal",
        "I could not take out cash, it was refused",
        "my cash withdrawal was declined",
        "why can I not get money from the machine",
    ],
    // pending_card_payment
    &[
        "my card payment is pending",
        "a purchase at {shop} still shows as pending",
        "why is the card payment not complete",
        "how long is a card payment pending",
    ],
    // lost_or_stolen_phone
    &[
        "I lost my phone",
        "my phone was stolen",
        "someone has my mobile with the app on it",
        "my mobile is gone, block the app",
        "what should I do without my phone",
    ],
    // request_refund
    &[
        "I want a refund",
        "how do I get my money back for a purchase",
        "please refund the item I bought at {shop}",
        "the goods never came, give me a refund",
    ],
    // declined_transfer
    &[
        "my transfer was declined",
        "the transfer to {name} was refused",
        "why do you decline my bank transfer",
        "a transfer got rejected with declined",
    ],
    // Refund_not_showing_up
    &[
        "my refund is not showing",
        "{shop} refunded me but I see nothing",
        "the refund is missing from my statement",
        "when will the refund appear",
    ],
    // declined_card_payment
    &[
        "my card payment was declined",
        "the card was refused at {shop}",
        "I tried to pay by card and it got declined",
        "why is my purchase rejected",
    ],
    // pending_transfer
    &[
        "my transfer is pending",
        "the transfer to {name} still shows pending",
        "why does my transfer take so long to complete",
        "when will the pending transfer finish",
    ],
    // terminate_account
    &[
        "close my account",
        "I want to leave, delete my account",
        "how do I terminate my account",
        "I am unhappy and wish to end my account",
    ],
    // card_swallowed
    &[
        "the atm swallowed my card",
        "the machine kept my card",
        "my card is stuck in the cash machine",
        "the atm took my card and did not give it back",
    ],
    // transaction_charged_twice
    &[
        "I was charged twice",
        "the same purchase appears two times",
        "{shop} took {amount} double",
        "a duplicate charge is on my account",
    ],
    // verify_source_of_funds
    &[
        "how do I verify my source of funds",
        "why do you ask where my money comes from",
        "what counts as proof of my funds",
        "check of the source of my money",
    ],
    // transfer_timing
    &[
        "how long does a transfer take",
        "when will my transfer arrive if I send it today",
        "transfer time to {country}",
        "how many days does a transfer need",
    ],
    // reverted_card_payment?
    &[
        "my card payment was reverted",
        "the purchase was returned to my account, why",
        "a card payment went back by itself",
        "payment at {shop} was cancelled and the money returned",
    ],
    // change_pin
    &[
        "how do I change my pin",
        "I want a new pin",
        "can the pin be changed at an atm",
        "set another pin for my card",
    ],
    // beneficiary_not_allowed
    &[
        "I get the message beneficiary not allowed",
        "why is this beneficiary not allowed",
        "I cannot add {name} as a beneficiary",
        "the payee is not permitted",
    ],
    // transfer_fee_charged
    &[
        "why was a fee taken for my transfer",
        "my transfer cost an extra {amount}",
        "is there a charge for transfers abroad",
        "you charged me for sending money to {name}",
    ],
    // receiving_money
    &[
        "how do I receive money",
        "can my salary be paid into this account",
        "which details do I give to get paid in {currency}",
        "someone wants to send me money, how",
    ],
    // failed_transfer
    &[
        "my transfer failed",
        "sending money does not work, it says failed",
        "the transfer to {name} failed with an error",
        "why does my transfer fail",
    ],
    // transfer_into_account
    &[
        "how do I transfer money into my account",
        "move money from my other bank to here",
        "put money in by bank transfer",
        "can I transfer from {shop} bank into this account",
    ],
    // verify_top_up
    &[
        "how do I verify my top up",
        "where is the code to verify the top up",
        "why must a top up be verified",
        "the top up verification code",
    ],
    // getting_spare_card
    &[
        "I want a second card",
        "can I have a spare card for my wife",
        "add another card for a family member",
        "order an additional card to the same account",
    ],
    // top_up_by_cash_or_cheque
    &[
        "can I top up with cash",
        "is adding money by cheque possible",
        "where can I pay in cash",
        "put a cheque into my account",
    ],
    // order_physical_card
    &[
        "how do I order a physical card",
        "order a physical card to {country}",
        "what does a physical card cost to order",
        "request a plastic card in the app",
    ],
    // virtual_card_not_working
    &[
        "my virtual card does not work",
        "the virtual card is refused online",
        "why can I not pay with the virtual card",
        "virtual card broken",
    ],
    // wrong_exchange_rate_for_cash_withdrawal
    &[
        "the rate for my cash withdrawal was wrong",
        "I took out cash in {country} at a bad rate",
        "atm withdrawal abroad converted with the wrong exchange rate",
        "the exchange rate for my cash is not what you showed",
    ],
    // get_disposable_virtual_card
    &[
        "how do I get a disposable card",
        "make a disposable virtual card for me",
        "I want a one-time virtual card",
        "where do I create disposable cards",
    ],
    // top_up_failed
    &[
        "my top up failed",
        "topping up does not work",
        "the top up was denied",
        "why was my top up not accepted",
        "adding money gives an error",
    ],
    // balance_not_updated_after_bank_transfer
    &[
        "I transferred money in but my balance is the same",
        "my balance did not change after a bank transfer",
        "the transfer from my other bank is not in my balance",
        "when will the balance show my incoming transfer",
    ],
    // cash_withdrawal_not_recognised
    &[
        "there is a cash withdrawal I did not make",
        "someone took {amount} at an atm with my card",
        "an unknown atm withdrawal appears",
        "I was not at that cash machine, who withdrew money",
    ],
    // exchange_charge
    &[
        "do you charge for exchanging currency",
        "what is the fee for changing {currency} to {currency}",
        "is there a discount on exchange fees",
        "cost of currency exchange",
    ],
    // top_up_by_card_charge
    &[
        "is there a fee for topping up by card",
        "why was I charged when I added money with my card",
        "card top up fee",
        "does topping up with a {country} card cost",
    ],
    // activate_my_card
    &[
        "how do I activate my card",
        "my new card came, activate it",
        "activation of the card does not work",
        "what are the steps to start using a new card",
    ],
    // cash_withdrawal_charge
    &[
        "why was I charged for a cash withdrawal",
        "fee for taking out cash",
        "do atm withdrawals cost money",
        "I paid a fee at the cash machine in {country}",
    ],
    // card_about_to_expire
    &[
        "my card expires soon",
        "the card is about to expire, what now",
        "will a new card be sent before mine expires",
        "replace my expiring card",
    ],
    // apple_pay_or_google_pay
    &[
        "does apple pay work",
        "how do I add the card to google pay",
        "apple pay top up is not working",
        "set up my watch with google pay",
    ],
    // verify_my_identity
    &[
        "how do I verify my identity",
        "what documents do you need for the identity check",
        "where can I upload my id",
        "steps to prove who I am",
    ],
    // country_support
    &[
        "which countries do you support",
        "can I open an account in {country}",
        "are you available in {country}",
        "do you deliver service outside the eu",
    ],
];
