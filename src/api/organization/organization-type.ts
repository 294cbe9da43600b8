import { Field, ID, InputType, ObjectType } from 'type-graphql'
import { connectionOf } from '../connection.ts'
import { NodeInterface } from '../node.ts'
import { DateTimeScalar } from '../scalars.ts'
import { MutationPayload } from '../user-error.ts'

@ObjectType('Organization', {
  implements: NodeInterface,
  description: 'A customer of the application: the tenant that owns destinations.',
})
export class OrganizationType extends NodeInterface {
  @Field(() => String, {
    nullable: true,
    description: "The application's own identifier of this customer, unique per application.",
  })
  externalId?: string | null

  @Field(() => String, { description: 'For people, 1 to 200 characters.' })
  name!: string

  @Field(() => DateTimeScalar, { description: 'When it was made.' })
  createdAt!: Date
}

export const OrganizationConnection = connectionOf('Organization', () => OrganizationType)

@InputType({
  description:
    'With id: changes that one. With externalId: makes it, or changes the one that has it. With neither: makes one.',
})
export class OrganizationUpsertInput {
  @Field(() => ID, { nullable: true, description: 'Of the one to change; null: see externalId.' })
  id?: string | null

  @Field(() => String, { nullable: true, description: '1 to 200 characters, unique per application.' })
  externalId?: string | null

  @Field(() => String, { description: '1 to 200 characters.' })
  name!: string
}

@InputType({ description: 'The customer to delete.' })
export class OrganizationDeleteInput {
  @Field(() => ID, { description: 'Of the organization.' })
  id!: string
}

@ObjectType({ description: 'The customer as it is now.' })
export class OrganizationUpsertPayload extends MutationPayload {
  @Field(() => OrganizationType, { nullable: true, description: 'null when it was refused.' })
  organization?: OrganizationType | null
}

@ObjectType({ description: 'What was deleted.' })
export class OrganizationDeletePayload extends MutationPayload {
  @Field(() => ID, { nullable: true, description: 'null when it was refused.' })
  deletedId?: string | null
}
